import { abortable } from "./waiting.ts";

export type Unsubscribe = () => void;

/** Calls its listeners with each event. A listener that throws is reported and does not affect the others. */
export class Emitter<Event> {
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #held: Event[] = [];
  #capacity: number;

  /** @param capacity Events to hold for the first listener; the oldest are dropped when more arrive. */
  constructor(capacity = 0) {
    this.#capacity = capacity;
  }

  /** Adds a listener. The first one gets the events that were held for it. */
  on(listener: (event: Event) => void): Unsubscribe {
    this.#listeners.add(listener);
    this.#capacity = 0;
    for (const event of this.#held.splice(0)) this.emit(event);
    return () => this.#listeners.delete(listener);
  }

  emit(event: Event): void {
    if (this.#held.push(event) > this.#capacity) this.#held.shift();
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

/** A value that can be watched: a subscriber gets the present value at once and each later one. */
export class Observable<Value> {
  readonly #changes = new Emitter<Value>();
  /** The changes that the subscribers have not all got; the first one is being emitted. */
  readonly #pending: Value[] = [];
  #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  get value(): Value {
    return this.#value;
  }

  /** Sets the value. If a subscriber sets it in turn, all subscribers get the first change before the second. */
  set(value: Value): void {
    this.#value = value;
    if (this.#pending.push(value) > 1) return;
    for (; this.#pending.length > 0; this.#pending.shift()) this.#changes.emit(this.#pending[0] as Value);
  }

  subscribe(listener: (value: Value) => void): Unsubscribe {
    const unsubscribe = this.#changes.on(listener);
    listener(this.#value);
    return unsubscribe;
  }

  /** Resolves with the first value, present or later, that matches; rejects with the signal's reason. */
  until<Match extends Value>(matches: (value: Value) => value is Match, signal?: AbortSignal): Promise<Match>;
  until(matches: (value: Value) => boolean, signal?: AbortSignal): Promise<Value>;
  async until(matches: (value: Value) => boolean, signal?: AbortSignal): Promise<Value> {
    return abortable(signal, (resolve) =>
      this.subscribe((value) => {
        if (matches(value)) resolve(value);
      }),
    );
  }
}
