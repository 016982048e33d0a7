/** Bounds of the waits between attempts. */
export interface BackoffBounds {
  /** Upper bound of the first wait. */
  readonly baseMs: number;
  /** Upper bound of every wait. */
  readonly capMs: number;
}

/**
 * Returns a wait in milliseconds with full jitter: between 0 and min(capMs, baseMs * 2^attempt). Without
 * jitter, clients that one fault disconnected would all reconnect at the same time.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @param attempt 0 for the first wait.
 */
export function backoffDelay(
  attempt: number,
  bounds: BackoffBounds,
  random: () => number = Math.random,
): number {
  return random() * Math.min(bounds.capMs, bounds.baseMs * 2 ** Math.min(attempt, 30));
}

/**
 * Returns the wait in milliseconds before the next attempt: a backoff, or the server's `retryAfter` plus full
 * jitter of the same length. The server gives the same `retryAfter` to many clients, which must not all
 * return at its end.
 */
export function retryDelay(
  retryAfterMs: number | undefined,
  attempt: number,
  bounds: BackoffBounds,
  random: () => number = Math.random,
): number {
  return retryAfterMs === undefined ? backoffDelay(attempt, bounds, random) : retryAfterMs * (1 + random());
}
