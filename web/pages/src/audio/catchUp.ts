/** Bounds of the headroom: the audio that is left when the next chunk arrives, and so the jitter that it bears. */
export const MIN_HEADROOM_SECONDS = 0.15;
export const MAX_HEADROOM_SECONDS = 1.6;

/** The duration of a chunk on a good network. Right after a chunk has arrived, it is buffered besides the headroom. */
const CHUNK_SECONDS = 0.5;

/** The surplus is the least in this time, so that one early chunk is none. */
const WINDOW_MILLISECONDS = 2500;

/** How much an interruption raises the headroom. */
const RAISE = 1.5;

/** Time without an interruption after which the headroom is halved. */
const CALM_MILLISECONDS = 5000;

/** A surplus of at most this much is played at normal speed. */
const TOLERATED_SURPLUS_SECONDS = 0.1;

/** A listener that lags by more than this skips to the live position. */
export const MAX_LAG_SECONDS = 10;

/** A lag below this is not worth a word. */
const SHOWN_LAG_SECONDS = 3;

/**
 * Decides how much audio playback keeps ahead. It wants little, for a short delay, and more for a while after
 * each interruption. What is left beyond that is a surplus, which is played faster or skipped.
 */
export class Headroom {
  /** The wanted headroom in seconds. */
  seconds = MIN_HEADROOM_SECONDS;
  readonly #now: () => number;
  #changedAtMs: number;
  #arrivals: { readonly atMs: number; readonly leftSeconds: number }[] = [];

  /** @param now a monotonic clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#changedAtMs = now();
  }

  /** Records that a chunk arrived while `leftSeconds` of audio were left to play. */
  onArrival(leftSeconds: number): void {
    const nowMs = this.#now();
    this.#arrivals = this.#arrivals.filter(({ atMs }) => atMs > nowMs - WINDOW_MILLISECONDS);
    this.#arrivals.push({ atMs: nowMs, leftSeconds });
    if (nowMs - this.#changedAtMs < CALM_MILLISECONDS) return;
    this.#setSeconds(Math.max(MIN_HEADROOM_SECONDS, this.seconds / 2));
  }

  /** Records that no audio was left to play: more jitter has to be borne from then on. */
  onInterruption(): void {
    this.#arrivals = [];
    this.#setSeconds(Math.min(MAX_HEADROOM_SECONDS, this.seconds * RAISE));
  }

  /** Forgets the arrivals, which say nothing after a skip. */
  onSkip(): void {
    this.#arrivals = [];
  }

  /** The audio in seconds that is left beyond the wanted headroom at each arrival; 0 if there is none. */
  get surplusSeconds(): number {
    const nowMs = this.#now();
    const recent = this.#arrivals.filter(({ atMs }) => atMs > nowMs - WINDOW_MILLISECONDS);
    if (recent.length < 2) return 0;
    return Math.max(0, Math.min(...recent.map(({ leftSeconds }) => leftSeconds)) - this.seconds);
  }

  /** How far behind the newest audio the live position is, in seconds. */
  get liveSeconds(): number {
    return CHUNK_SECONDS + this.seconds;
  }

  #setSeconds(seconds: number): void {
    this.seconds = seconds;
    this.#changedAtMs = this.#now();
  }
}

/** Speech is still easy to follow at this rate. */
const MAX_RATE = 1.5;

/** Returns the playback rate for a surplus: faster the larger it is. Pitch is preserved. */
export function playbackRate(surplusSeconds: number): number {
  return surplusSeconds <= TOLERATED_SURPLUS_SECONDS ? 1 : Math.min(MAX_RATE, 1.1 + surplusSeconds / 4);
}

/** Returns whether silence may be skipped: the speaker's pauses are kept while playback is near the live position. */
export function skipsSilence(surplusSeconds: number): boolean {
  return surplusSeconds > CHUNK_SECONDS;
}

/** Returns how far playback is behind the live position, in whole seconds; 0 if a listener hardly notices. */
export function shownLagSeconds(bufferedSeconds: number): number {
  const seconds = Math.round(bufferedSeconds);
  return seconds >= SHOWN_LAG_SECONDS ? seconds : 0;
}
