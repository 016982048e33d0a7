import { backoffDelay, type BackoffBounds } from "./backoff.ts";

/**
 * Asks after some silence, and less and less often while nothing comes: that the last message was lost
 * shows by nothing else.
 */
export class GapProbe {
  readonly #bounds: BackoffBounds;
  readonly #ask: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  constructor(bounds: BackoffBounds, ask: () => void) {
    this.#bounds = bounds;
    this.#ask = ask;
  }

  /** Something came. */
  heard(): void {
    this.#asked = 0;
    this.watch();
  }

  /** Asks once, after as much silence as is due now; never before `base`, and up to half as much later. */
  watch(): void {
    this.stop();
    const wait = backoffDelay(this.#asked, this.#bounds, () => 1 + Math.random() / 2);
    this.#timer = setTimeout(() => {
      this.#asked++;
      this.#ask();
    }, wait);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
