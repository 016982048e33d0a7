import { Observable } from "./observable.ts";
import type { SessionMessage } from "./protocol.generated.ts";

/** A position in a session's message log: every message up to `offset` was delivered. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** Messages held back at most. A replay brings the others, and is as long (`logMaxCount`). */
const MAX_HELD_MESSAGES = 1000;

/** Delivers a session's messages in offset order, each once, whatever the order and number of arrivals. */
export class ReorderBuffer {
  /** The position up to which every message was delivered; undefined before the first join. */
  readonly position = new Observable<Position | undefined>(undefined);
  readonly #deliver: (message: SessionMessage) => void;
  readonly #held = new Map<number, SessionMessage>();
  #lastOffset = -1;

  constructor(deliver: (message: SessionMessage) => void) {
    this.#deliver = deliver;
  }

  /** Whether a message is known to be missing. */
  get hasGap(): boolean {
    const position = this.position.value;
    return position !== undefined && this.#lastOffset > position.offset;
  }

  accept(message: SessionMessage): void {
    const position = this.position.value;
    if (position && (message.epoch !== position.epoch || message.offset <= position.offset)) return;
    if (this.#held.size < MAX_HELD_MESSAGES || message.offset === (position?.offset ?? NaN) + 1)
      this.#held.set(message.offset, message);
    if (position) this.confirm(message.offset);
  }

  /** Records that the log reaches at least up to this offset. */
  confirm(offset: number): void {
    this.#lastOffset = Math.max(this.#lastOffset, offset);
    this.#drain();
  }

  /**
   * Starts at a position, or continues there if the messages before it are no longer kept. Within an epoch
   * the position never goes back: a late answer must not cause messages to be delivered again.
   */
  jump(position: Position): void {
    const known = this.position.value;
    const isSameLog = known?.epoch === position.epoch;
    if (isSameLog && position.offset <= known.offset) return;
    const held = [...this.#held.values()].sort((a, b) => a.offset - b.offset);
    this.#held.clear();
    if (known && !isSameLog) this.#lastOffset = -1;
    this.position.set(position);
    for (const message of held) {
      if (isSameLog && message.offset <= position.offset) this.#deliver(message);
      else this.accept(message);
    }
    this.confirm(position.offset);
  }

  /** Forgets the position, so that the next join starts at the session's present position. */
  reset(): void {
    this.#held.clear();
    this.#lastOffset = -1;
    this.position.set(undefined);
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
