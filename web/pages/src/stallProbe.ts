/** Time without sound, while some should flow, after which a page checks its connection. */
export const STALL_MILLISECONDS = 3000;

/** The longest wait between two checks: each costs a message. */
const MAX_WAIT_MILLISECONDS = 60_000;

/**
 * Checks the connection when sound should flow and none does: a network that fails without a close shows in
 * nothing else. The waits double while the connection answers and the silence goes on.
 */
export class StallProbe {
  readonly #probe: () => void;
  readonly #now: () => number;
  #sinceMs: number;
  #waitMs = STALL_MILLISECONDS;

  /**
   * @param probe sends a heartbeat, and replaces the connection if no reply arrives.
   * @param now a monotonic clock in milliseconds.
   */
  constructor(probe: () => void, now: () => number = () => performance.now()) {
    this.#probe = probe;
    this.#now = now;
    this.#sinceMs = now();
  }

  /** Starts the shortest wait again. Call it when sound has flowed, and while none is expected. */
  restart(): void {
    this.#sinceMs = this.#now();
    this.#waitMs = STALL_MILLISECONDS;
  }

  /** Probes if the wait has passed. Call it a few times a second while sound is expected. */
  check(): void {
    if (this.#now() - this.#sinceMs < this.#waitMs) return;
    this.#sinceMs = this.#now();
    this.#waitMs = Math.min(2 * this.#waitMs, MAX_WAIT_MILLISECONDS);
    this.#probe();
  }
}
