/** Audio (seconds) that is there before playback starts or goes on: the jitter that it bears. */
export const JITTER_BUFFER = 0.8;

/** Behind by this much (seconds) or less, audio is played as it is. */
const TOLERATED = 2;

/**
 * How fast to play with so much audio waiting (seconds). After a cut the missing part comes at once;
 * it is played a little faster, and not skipped, until it is caught up with. Pitch is preserved.
 */
export function playbackRate(waiting: number): number {
  if (waiting <= TOLERATED) return 1;
  return Math.min(1.25, 1 + (waiting - TOLERATED) / 20);
}
