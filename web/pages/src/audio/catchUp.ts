/** Bounds of the audio that is buffered before playback starts or continues: the jitter that it tolerates. */
export const MIN_JITTER_BUFFER_SECONDS = 0.4;
export const MAX_JITTER_BUFFER_SECONDS = 1.6;

/** Audio that lags by at most this much beyond the jitter buffer is played at normal speed. */
const TOLERATED_LAG_SECONDS = 0.6;

/** A listener that lags by more than this skips to the live position. */
export const MAX_LAG_SECONDS = 10;

/** A lag below this is not worth a word. */
const SHOWN_LAG_SECONDS = 3;

/** Returns the jitter buffer after playback ran dry: twice as long, up to the maximum. */
export function longerJitterBuffer(seconds: number): number {
  return Math.min(MAX_JITTER_BUFFER_SECONDS, seconds * 2);
}

/**
 * Returns the playback rate for this much buffered audio. Audio that arrived late, or all at once after a
 * disconnect, is played slightly faster until playback has caught up. Pitch is preserved.
 */
export function playbackRate(bufferedSeconds: number, jitterBufferSeconds: number): number {
  const lagSeconds = bufferedSeconds - jitterBufferSeconds - TOLERATED_LAG_SECONDS;
  return lagSeconds <= 0 ? 1 : Math.min(1.25, 1.05 + lagSeconds / 20);
}

/** Returns how far playback is behind the live position, in whole seconds; 0 if a listener hardly notices. */
export function shownLagSeconds(bufferedSeconds: number): number {
  const seconds = Math.round(bufferedSeconds);
  return seconds >= SHOWN_LAG_SECONDS ? seconds : 0;
}
