import { after, monotonicMs } from "./waiting.ts";

export interface HeartbeatOptions {
  /** Silence after which to send a heartbeat. */
  readonly intervalMs: number;
  /** Silence after a heartbeat that means a dead peer. */
  readonly timeoutMs: number;
  readonly send: () => void;
  readonly onTimeout: () => void;
}

/** Checks that the peer is alive: sends a heartbeat after some silence, and times out if nothing arrives. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #cancel = (): void => undefined;
  /** Monotonic; Infinity while no heartbeat is unanswered. */
  #deadlineMs = Infinity;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.onReceived();
  }

  /** Starts the interval again: any message from the peer proves that it is alive. */
  onReceived(): void {
    this.#deadlineMs = Infinity;
    this.#wait(this.#options.intervalMs, () => this.probe(this.#options.timeoutMs));
  }

  /** Sends a heartbeat now. An earlier deadline stays: asking again must not keep a dead peer alive. */
  probe(timeoutMs: number): void {
    const now = monotonicMs();
    this.#deadlineMs = Math.min(this.#deadlineMs, now + timeoutMs);
    this.#wait(this.#deadlineMs - now, this.#options.onTimeout);
    this.#options.send();
  }

  stop(): void {
    this.#cancel();
  }

  #wait(milliseconds: number, callback: () => void): void {
    this.#cancel();
    this.#cancel = after(milliseconds, callback);
  }
}
