import type { Timings } from "./timings.ts";
import { after, monotonicMs } from "./waiting.ts";

export type HeartbeatTimings = Pick<Timings, "heartbeatIntervalMs" | "heartbeatTimeoutMs">;

/** Checks that the peer is alive: sends a heartbeat after some silence, and times out if nothing arrives. */
export class Heartbeat {
  readonly #timings: HeartbeatTimings;
  readonly #send: () => void;
  readonly #onTimeout: () => void;
  #cancel = (): void => undefined;
  /** Monotonic; Infinity while no heartbeat is unanswered. */
  #deadlineMs = Infinity;

  constructor(timings: HeartbeatTimings, send: () => void, onTimeout: () => void) {
    this.#timings = timings;
    this.#send = send;
    this.#onTimeout = onTimeout;
    this.onReceived();
  }

  /** Starts the interval again: any message from the peer proves that it is alive. */
  onReceived(): void {
    this.#deadlineMs = Infinity;
    const { heartbeatIntervalMs, heartbeatTimeoutMs } = this.#timings;
    this.#wait(heartbeatIntervalMs, () => this.probe(heartbeatTimeoutMs));
  }

  /** Sends a heartbeat now. An earlier deadline stays: asking again must not keep a dead peer alive. */
  probe(timeoutMs: number): void {
    const now = monotonicMs();
    this.#deadlineMs = Math.min(this.#deadlineMs, now + timeoutMs);
    this.#wait(this.#deadlineMs - now, this.#onTimeout);
    this.#send();
  }

  stop(): void {
    this.#cancel();
  }

  #wait(milliseconds: number, callback: () => void): void {
    this.#cancel();
    this.#cancel = after(milliseconds, callback);
  }
}
