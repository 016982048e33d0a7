import { backoffDelay, type BackoffBounds } from "./backoff.ts";
import { after } from "./waiting.ts";

/**
 * Asks the server after a silence whether messages were missed: a lost last message shows by nothing else.
 * The waits grow while nothing arrives.
 */
export class GapProbe {
  readonly #bounds: BackoffBounds;
  readonly #ask: () => void;
  #cancel = (): void => undefined;
  #attempts = 0;

  constructor(bounds: BackoffBounds, ask: () => void) {
    this.#bounds = bounds;
    this.#ask = ask;
  }

  /** Starts the shortest wait again, because the session sent something. */
  onReceived(): void {
    this.#attempts = 0;
    this.start();
  }

  /** Asks once after the present wait: at least `baseMs`, and up to half as much more at random. */
  start(): void {
    this.stop();
    const wait = backoffDelay(this.#attempts, this.#bounds, () => 1 + Math.random() / 2);
    this.#cancel = after(wait, () => {
      this.#attempts++;
      this.#ask();
    });
  }

  stop(): void {
    this.#cancel();
  }
}
