/**
 * Estimates the server's clock, which decides about tokens. A device's clock may be wrong by hours.
 *
 * The server's own timestamps count most. Before the first one, a newly issued token's `iat` is the
 * estimate, if it differs much from the device's clock.
 */
export class ServerClock {
  #offsetMs = 0;
  #isMeasured = false;

  /** The server's time in epoch milliseconds. */
  get nowMs(): number {
    return Date.now() + this.#offsetMs;
  }

  /** @param serverTimeMs a timestamp that the server has just sent, in epoch milliseconds. */
  measure(serverTimeMs: number): void {
    this.#offsetMs = serverTimeMs - Date.now();
    this.#isMeasured = true;
  }

  /** @param issuedAtMs the issue time of a token that was requested just now, in epoch milliseconds. */
  estimate(issuedAtMs: number): void {
    if (!this.#isMeasured && Math.abs(issuedAtMs - this.nowMs) > TOLERANCE_MS)
      this.#offsetMs = issuedAtMs - Date.now();
  }
}

/** A smaller difference may be the provider's delay. */
const TOLERANCE_MS = 60_000;
