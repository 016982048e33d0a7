/** Time without sound, while some should flow, after which a page checks its connection. */
export const STALL_MILLISECONDS = 3000;

/** The longest wait between two checks: each costs a message. */
const MAX_WAIT_MILLISECONDS = 60_000;

/** Messages in shorter intervals came together. */
const SAME_PUSH_MILLISECONDS = 50;

export interface StallProbeOptions {
  /** Sends a heartbeat, and replaces the connection if no reply arrives. */
  readonly probe: () => void;
  /** The waits are up to this many times as long, at random: a large audience must not check all at once. */
  readonly spread?: number;
  /** A monotonic clock in milliseconds. */
  readonly now?: () => number;
}

/**
 * Checks the connection when sound should flow and none does: a network that fails without a close shows in
 * nothing else. The waits double while the connection answers and the silence goes on.
 */
export class StallProbe {
  readonly #probe: () => void;
  readonly #spread: number;
  readonly #now: () => number;
  #quietSinceMs: number;
  #waitSinceMs: number;
  #waitMs = 0;
  /** The longest of the latest intervals between sounds. */
  #intervalMs = 0;

  constructor({ probe, spread = 1, now = () => performance.now() }: StallProbeOptions) {
    this.#probe = probe;
    this.#spread = spread;
    this.#now = now;
    this.#quietSinceMs = this.#waitSinceMs = now();
    this.restart();
  }

  /** Call it when sound has flowed. Where it flows in large intervals, as in sessions that coalesce, the waits are longer. */
  onSound(): void {
    const intervalMs = this.#now() - this.#quietSinceMs;
    if (intervalMs > SAME_PUSH_MILLISECONDS) this.#intervalMs = Math.max(intervalMs, this.#intervalMs / 2);
    this.restart();
  }

  /** Starts the shortest wait again. Call it while no sound is expected. */
  restart(): void {
    this.#quietSinceMs = this.#now();
    this.#wait(Math.max(STALL_MILLISECONDS, 2 * this.#intervalMs));
  }

  /** Probes if the wait has passed. Call it a few times a second while sound is expected. */
  check(): void {
    if (this.#now() - this.#waitSinceMs < this.#waitMs) return;
    this.#wait(2 * this.#waitMs);
    this.#probe();
  }

  #wait(milliseconds: number): void {
    this.#waitSinceMs = this.#now();
    const factor = 1 + Math.random() * (this.#spread - 1);
    this.#waitMs = Math.min(MAX_WAIT_MILLISECONDS, milliseconds * factor);
  }
}
