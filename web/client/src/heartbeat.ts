export interface HeartbeatOptions {
  /** Silence (ms) after which to ask. */
  readonly interval: number;
  /** Silence (ms) after asking that means death. */
  readonly timeout: number;
  readonly ask: () => void;
  readonly onTimeout: () => void;
}

/** Watches that a peer still talks: asks after some silence, and gives it up when no answer of any kind comes. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.heard();
  }

  /** Something came from the peer, whatever it was. */
  heard(): void {
    this.stop();
    this.#timer = setTimeout(() => this.ask(this.#options.timeout), this.#options.interval);
  }

  /** Asks now; silence for `timeout` ms is death. */
  ask(timeout: number): void {
    this.stop();
    this.#timer = setTimeout(this.#options.onTimeout, timeout);
    this.#options.ask();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
