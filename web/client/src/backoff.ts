/** Bounds of the waits between tries, in milliseconds. */
export interface BackoffBounds {
  /** Upper bound of the first wait. */
  readonly base: number;
  /** Upper bound of every wait. */
  readonly cap: number;
}

/**
 * Full jitter: anything from 0 to min(cap, base * 2^attempt), so that a thousand clients that one
 * fault cut off do not come back together.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @param attempt 0 for the first wait.
 */
export function backoffDelay(
  attempt: number,
  bounds: BackoffBounds,
  random: () => number = Math.random,
): number {
  return random() * Math.min(bounds.cap, bounds.base * 2 ** Math.min(attempt, 30));
}
