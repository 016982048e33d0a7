export type Unsubscribe = () => void;

/** Calls its listeners with each event. A listener that throws is reported and harms no other. */
export class Emitter<Event> {
  readonly #listeners = new Set<(event: Event) => void>();

  on(listener: (event: Event) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: Event): void {
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
  readonly #untold: { value: Value }[] = [];
  #telling = false;
  #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  get value(): Value {
    return this.#value;
  }

  /** Where a subscriber sets the value in turn, that is told once everyone knows of the change before. */
  set(value: Value): void {
    this.#value = value;
    this.#untold.push({ value });
    if (this.#telling) return;
    this.#telling = true;
    for (let next = this.#untold.shift(); next; next = this.#untold.shift()) this.#changes.emit(next.value);
    this.#telling = false;
  }

  subscribe(listener: (value: Value) => void): Unsubscribe {
    const unsubscribe = this.#changes.on(listener);
    listener(this.#value);
    return unsubscribe;
  }

  /** Resolves with the first value, present or later, that fits. */
  async until(fits: (value: Value) => boolean, signal?: AbortSignal): Promise<Value> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      if (fits(this.#value)) {
        resolve(this.#value);
        return;
      }
      const stop = this.#changes.on((value) => {
        if (!fits(value)) return;
        done();
        resolve(value);
      });
      const aborted = (): void => {
        done();
        reject(signal?.reason as Error);
      };
      const done = (): void => {
        stop();
        signal?.removeEventListener("abort", aborted);
      };
      signal?.addEventListener("abort", aborted);
    });
  }
}
