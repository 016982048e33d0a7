import type { SessionMessage } from "./protocol.generated.ts";
import { Observable } from "./observable.ts";

/** A place in a session's message log: everything up to `offset` is known. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** Messages held back at most; what is not held comes again by replay, which is as long (`logMaxCount`). */
const MAX_HELD = 1000;

/** Delivers a session's messages in offset order, each once, whatever order and how often they come. */
export class ReorderBuffer {
  /** The place up to which everything was delivered; nothing before the first join. */
  readonly position = new Observable<Position | undefined>(undefined);
  readonly #deliver: (message: SessionMessage) => void;
  readonly #held = new Map<number, SessionMessage>();
  #head = -1;

  constructor(deliver: (message: SessionMessage) => void) {
    this.#deliver = deliver;
  }

  /** Whether something is known to be missing. */
  get hasGap(): boolean {
    const position = this.position.value;
    return position !== undefined && this.#head > position.offset;
  }

  accept(message: SessionMessage): void {
    const position = this.position.value;
    if (position && (message.epoch !== position.epoch || message.offset <= position.offset)) return;
    if (this.#held.size < MAX_HELD || message.offset === (position?.offset ?? NaN) + 1)
      this.#held.set(message.offset, message);
    if (position) this.confirm(message.offset);
  }

  /** The log is known to reach up to `head`. */
  confirm(head: number): void {
    this.#head = Math.max(this.#head, head);
    this.#drain();
  }

  /** Starts at a place, or goes on there when what lies between cannot be had any more. */
  jump(position: Position): void {
    const known = this.position.value;
    const sameLog = known?.epoch === position.epoch;
    for (const [offset, message] of [...this.#held].sort(([a], [b]) => a - b)) {
      if (message.epoch !== position.epoch) this.#held.delete(offset);
      else if (offset <= position.offset) {
        this.#held.delete(offset);
        if (sameLog && offset > known.offset) this.#deliver(message);
      }
    }
    this.#head = Math.max(position.offset, known && !sameLog ? 0 : this.#head, ...this.#held.keys());
    this.position.set(position);
    this.#drain();
  }

  #drain(): void {
    for (let position = this.position.value; position; position = this.position.value) {
      const message = this.#held.get(position.offset + 1);
      if (!message) return;
      this.#held.delete(message.offset);
      this.position.set({ epoch: position.epoch, offset: message.offset });
      this.#deliver(message);
    }
  }
}
