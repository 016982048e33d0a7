/** Buffered audio needed before playback starts or continues: the jitter that playback tolerates. */
export const JITTER_BUFFER_SECONDS = 0.8;

/** Audio that lags by at most this much is played at normal speed. */
const TOLERATED_LAG_SECONDS = 2;

/**
 * Returns the playback rate for this much buffered audio. After a disconnect the missed audio arrives at
 * once. It is played slightly faster, and never skipped, until playback has caught up. Pitch is preserved.
 */
export function playbackRate(bufferedSeconds: number): number {
  if (bufferedSeconds <= TOLERATED_LAG_SECONDS) return 1;
  return Math.min(1.25, 1 + (bufferedSeconds - TOLERATED_LAG_SECONDS) / 20);
}
