import { Observable } from "websocket-sessions";
import { Headroom, MAX_LAG_SECONDS, playbackRate, shownLagSeconds, skipsSilence } from "./catchUp.ts";
import { isSilent } from "./silence.ts";

/**
 * - `waiting`: the buffer is empty.
 * - `playing`.
 * - `blocked`: the browser requires a click before it plays sound.
 * - `paused`: headphones, a media key, a call or the system paused the playback.
 */
export type PlayerStateName = "waiting" | "playing" | "blocked" | "paused";

export interface PlayerState {
  readonly name: PlayerStateName;
  /** How far playback is behind the live position, in whole seconds; 0 if that is hardly noticeable. */
  readonly lagSeconds: number;
  /** Whether audio was lost because this browser could not decode it. */
  readonly hasDamage: boolean;
  /** The content type of the audio that arrives, if this browser cannot play it. */
  readonly unplayableType: string | undefined;
}

export const INITIAL_PLAYER_STATE: PlayerState = {
  name: "waiting",
  lagSeconds: 0,
  hasDamage: false,
  unplayableType: undefined,
};

/** Played audio that stays buffered. */
const KEPT_SECONDS = 10;
/** Further played audio that may gather before it is removed. */
const REMOVAL_STEP_SECONDS = 30;
/** For how long damaged audio is reported. */
const DAMAGE_NOTICE_MILLISECONDS = 10_000;

/** Safari on phones has ManagedMediaSource only, which TypeScript does not declare yet. */
const { ManagedMediaSource } = globalThis as { ManagedMediaSource?: typeof MediaSource };
const Source = ManagedMediaSource ?? (globalThis as { MediaSource?: typeof MediaSource }).MediaSource;

/** Returns whether this browser plays live audio at all; which types it plays differs. */
export function canPlay(): boolean {
  return Source !== undefined;
}

/** Returns false on phones whose only volume is the device's own. */
export function canSetVolume(audio: Pick<HTMLAudioElement, "volume">): boolean {
  const before = audio.volume;
  audio.volume = before > 0.5 ? 0.5 : 1;
  const changed = audio.volume !== before;
  audio.volume = before;
  return changed;
}

/** Audio that has arrived. */
interface ReceivedChunk {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
}

/** Plays chunks in the order of arrival, close to the live position, with a small buffer against jitter. */
export class AudioPlayer {
  readonly state = new Observable<PlayerState>(INITIAL_PLAYER_STATE);
  readonly #audio: HTMLAudioElement;
  #chunks: ReceivedChunk[] = [];
  /** Settles when the chunks that have arrived are in `#chunks`, or skipped. */
  #arrivals = Promise.resolve();
  #url = "";
  #source: MediaSource | undefined;
  #buffer: SourceBuffer | undefined;
  /** The type that the buffer takes now. */
  #bufferType = "";
  readonly #headroom = new Headroom();
  #startTimer: ReturnType<typeof setTimeout> | undefined;
  #damageTimer: ReturnType<typeof setTimeout> | undefined;
  /** Whether this player started the element and did not pause it; else headphones, a key or a call did. */
  #shouldPlay = false;

  /** Call it in a click's handler: a browser lets the element play sound from then on. */
  constructor(audio: HTMLAudioElement) {
    if (!Source) throw new Error("This browser cannot play live audio.");
    this.#audio = audio;
    audio.disableRemotePlayback = true; // Safari requires it
    audio.preservesPitch = true;
    audio.onwaiting = () => this.#runDry();
    audio.ontimeupdate = () => this.#keepUp();
    audio.onpause = () => {
      if (this.#shouldPlay) this.#set({ name: "paused" });
      this.#shouldPlay = false;
    };
    audio.onplay = () => {
      if (this.state.value.name === "paused") this.goLive();
    };
    audio.onerror = () => this.#replaceSource();
    this.#openSource(Source);
    // There is nothing to play yet. Having been started by a click, the element may play later without one.
    audio.play().catch(() => undefined);
    audio.pause();
  }

  /** Plays a chunk, or reports that this browser cannot play its type. */
  add(bytes: Uint8Array<ArrayBuffer>, contentType: string): void {
    const isPlayable = Source?.isTypeSupported(contentType) === true;
    const unplayableType = isPlayable ? undefined : contentType;
    if (unplayableType !== this.state.value.unplayableType) this.#set({ unplayableType });
    if (!isPlayable) return;
    const isPlaying = this.state.value.name === "playing";
    if (isPlaying) this.#headroom.onArrival(this.#ahead());
    const skips = isPlaying && skipsSilence(this.#headroom.surplusSeconds);
    this.#arrivals = this.#arrivals
      .then(async () => {
        if (skips && (await isSilent(bytes))) return;
        this.#chunks.push({ bytes, contentType });
        this.#work();
      })
      .catch(() => this.reportDamage());
  }

  set volume(volume: number) {
    this.#audio.volume = volume;
  }

  /** Reports that a part of the audio cannot be played. */
  reportDamage(): void {
    this.#set({ hasDamage: true });
    clearTimeout(this.#damageTimer);
    this.#damageTimer = setTimeout(() => this.#set({ hasDamage: false }), DAMAGE_NOTICE_MILLISECONDS);
  }

  /** Pauses until `goLive`, also while the buffer is empty and the element is paused already. */
  pause(): void {
    this.#shouldPlay = false;
    clearTimeout(this.#startTimer);
    this.#startTimer = undefined;
    this.#audio.pause();
    this.#set({ name: "paused" });
  }

  /** Skips to the live position and plays, also after a click when the browser or the system had paused. */
  goLive(): void {
    const { buffered } = this.#audio;
    if (buffered.length > 0) {
      const live = buffered.end(buffered.length - 1) - this.#headroom.liveSeconds;
      if (live > this.#audio.currentTime) this.#audio.currentTime = live;
      this.#headroom.onSkip();
    }
    if (this.state.value.name !== "playing") this.#set({ name: "waiting" });
    this.#work();
    this.#keepUp();
  }

  /** Resolves when the audio that has arrived is played, or cannot be played without a click. */
  async playedOut(): Promise<void> {
    await this.#arrivals;
    const limitSeconds = this.#ahead() + this.#chunks.length + 1;
    const limit = new Promise((resolve) => setTimeout(resolve, limitSeconds * 1000));
    await Promise.race([this.state.until(({ name }) => name !== "playing"), limit]);
  }

  close(): void {
    const audio = this.#audio;
    this.#shouldPlay = false;
    audio.onwaiting = audio.ontimeupdate = audio.onpause = audio.onplay = audio.onerror = null;
    audio.pause();
    clearTimeout(this.#damageTimer);
    clearTimeout(this.#startTimer);
    this.#closeSource();
    audio.removeAttribute("src");
    this.#chunks = [];
    this.state.set(INITIAL_PLAYER_STATE);
  }

  #openSource(SourceClass: typeof MediaSource): void {
    const source = new SourceClass();
    this.#source = source;
    this.#url = URL.createObjectURL(source);
    this.#audio.src = this.#url;
    source.addEventListener("sourceopen", () => this.#work(), { once: true });
  }

  /** Returns the buffer, made for this type if the source is open. */
  #bufferFor(contentType: string): SourceBuffer | undefined {
    if (!this.#buffer && this.#source?.readyState === "open") {
      this.#buffer = this.#source.addSourceBuffer(contentType);
      // Chunks play one after the other, whatever their timestamps: each recording starts at zero.
      this.#buffer.mode = "sequence";
      this.#buffer.onupdateend = () => this.#work();
    } else if (this.#bufferType !== contentType) this.#buffer?.changeType(contentType);
    this.#bufferType = contentType;
    return this.#buffer;
  }

  #closeSource(): void {
    this.#source = undefined;
    if (this.#buffer) this.#buffer.onupdateend = null;
    this.#buffer = undefined;
    URL.revokeObjectURL(this.#url);
  }

  /** Continues with a new source after audio that could not be decoded, which ends a source for good. */
  #replaceSource(): void {
    if (!Source) return;
    this.#closeSource();
    this.#shouldPlay = false;
    this.#set({ name: "waiting" });
    this.reportDamage();
    this.#openSource(Source);
  }

  #work(): void {
    if (this.#buffer?.updating || this.#audio.error) return;
    this.#startSoon();
    const [next] = this.#chunks;
    try {
      if (next) this.#append(next);
      else this.#removePlayed();
    } catch (error) {
      if (!isQuotaExceeded(error)) throw error;
      this.#makeRoom();
    }
  }

  #append({ bytes, contentType }: ReceivedChunk): void {
    const buffer = this.#bufferFor(contentType);
    if (!buffer) return;
    buffer.appendBuffer(bytes);
    this.#chunks.shift();
  }

  #removePlayed(): void {
    const { currentTime } = this.#audio;
    const buffer = this.#buffer;
    if (!buffer || buffer.buffered.length === 0) return;
    if (currentTime - buffer.buffered.start(0) > KEPT_SECONDS + REMOVAL_STEP_SECONDS)
      buffer.remove(0, currentTime - KEPT_SECONDS);
  }

  /** Removes the oldest audio from a full buffer, as after a long pause. */
  #makeRoom(): void {
    const start = this.#buffer?.buffered.start(0) ?? 0;
    this.#buffer?.remove(start, Math.max(this.#audio.currentTime - 1, start + KEPT_SECONDS));
  }

  /** Starts once the headroom has passed since the first chunk, or earlier if more audio has arrived. */
  #startSoon(): void {
    const ahead = this.#ahead();
    if (this.state.value.name !== "waiting" || ahead <= 0) return;
    if (ahead >= this.#headroom.liveSeconds) void this.#play();
    else this.#startTimer ??= setTimeout(() => void this.#play(), this.#headroom.seconds * 1000);
  }

  async #play(): Promise<void> {
    clearTimeout(this.#startTimer);
    this.#startTimer = undefined;
    if (this.state.value.name !== "waiting") return;
    this.#set({ name: "playing" });
    this.#shouldPlay = true;
    try {
      await this.#audio.play();
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "NotAllowedError") return;
      this.#shouldPlay = false;
      this.#set({ name: "blocked" });
    }
  }

  /** Pauses when the buffer is empty, and bears more jitter from then on. */
  #runDry(): void {
    if (this.state.value.name !== "playing") return;
    this.#headroom.onInterruption();
    this.#shouldPlay = false;
    this.#audio.pause();
    this.#set({ name: "waiting" });
  }

  #keepUp(): void {
    const ahead = this.#ahead();
    if (ahead > MAX_LAG_SECONDS && this.state.value.name === "playing") {
      this.goLive();
      return;
    }
    this.#audio.playbackRate = playbackRate(this.#headroom.surplusSeconds);
    const lagSeconds = shownLagSeconds(ahead);
    if (lagSeconds !== this.state.value.lagSeconds) this.#set({ lagSeconds });
  }

  /** Seconds of audio that wait to be played. */
  #ahead(): number {
    const { buffered, currentTime } = this.#audio;
    return buffered.length > 0 ? buffered.end(buffered.length - 1) - currentTime : 0;
  }

  #set(change: Partial<PlayerState>): void {
    this.state.set({ ...this.state.value, ...change });
  }
}

function isQuotaExceeded(error: unknown): boolean {
  return error instanceof DOMException && error.name === "QuotaExceededError";
}
