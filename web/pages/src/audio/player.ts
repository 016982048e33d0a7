import { Observable } from "websocket-sessions";
import {
  longerJitterBuffer,
  MAX_LAG_SECONDS,
  MIN_JITTER_BUFFER_SECONDS,
  playbackRate,
  shownLagSeconds,
} from "./catchUp.ts";
import { AUDIO_TYPE } from "./chunks.ts";

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
}

/** Played audio that stays buffered. */
const KEPT_SECONDS = 10;
/** Further played audio that may gather before it is removed. */
const REMOVAL_STEP_SECONDS = 30;
/** For how long damaged audio is reported. */
const DAMAGE_NOTICE_MILLISECONDS = 10_000;

/** Safari on phones has ManagedMediaSource only, which TypeScript does not declare yet. */
const { ManagedMediaSource } = globalThis as { ManagedMediaSource?: typeof MediaSource };
const Source = ManagedMediaSource ?? (globalThis as { MediaSource?: typeof MediaSource }).MediaSource;

export function canPlay(): boolean {
  return Source?.isTypeSupported(AUDIO_TYPE) === true;
}

/** Plays chunks in the order of arrival, close to the live position, with a small buffer against jitter. */
export class AudioPlayer {
  readonly state = new Observable<PlayerState>({ name: "waiting", lagSeconds: 0, hasDamage: false });
  readonly #audio: HTMLAudioElement;
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #url = "";
  #source: MediaSource | undefined;
  #buffer: SourceBuffer | undefined;
  #jitterBufferSeconds = MIN_JITTER_BUFFER_SECONDS;
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

  add(chunk: Uint8Array<ArrayBuffer>): void {
    this.#chunks.push(chunk);
    this.#work();
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

  /** Pauses until `goLive`. */
  pause(): void {
    this.#audio.pause();
  }

  /** Skips to the live position and plays, also after a click when the browser or the system had paused. */
  goLive(): void {
    const { buffered } = this.#audio;
    if (buffered.length > 0) {
      const live = buffered.end(buffered.length - 1) - this.#jitterBufferSeconds;
      if (live > this.#audio.currentTime) this.#audio.currentTime = live;
    }
    if (this.state.value.name !== "playing") this.#set({ name: "waiting" });
    this.#work();
    this.#keepUp();
  }

  /** Resolves when the audio that has arrived is played, or cannot be played without a click. */
  async playedOut(): Promise<void> {
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
    this.#closeSource();
    audio.removeAttribute("src");
    this.#chunks = [];
    this.state.set({ name: "waiting", lagSeconds: 0, hasDamage: false });
  }

  #openSource(SourceClass: typeof MediaSource): void {
    const source = new SourceClass();
    this.#source = source;
    this.#url = URL.createObjectURL(source);
    this.#audio.src = this.#url;
    source.addEventListener(
      "sourceopen",
      () => {
        if (source !== this.#source) return;
        this.#buffer = source.addSourceBuffer(AUDIO_TYPE);
        // Chunks play one after the other, whatever their timestamps: each recording starts at zero.
        this.#buffer.mode = "sequence";
        this.#buffer.onupdateend = () => this.#work();
        this.#work();
      },
      { once: true },
    );
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
    const buffer = this.#buffer;
    if (!buffer || buffer.updating || this.#audio.error) return;
    if (this.state.value.name === "waiting" && this.#ahead() >= this.#jitterBufferSeconds) void this.#play();
    const { currentTime } = this.#audio;
    const played = currentTime - (buffer.buffered.length > 0 ? buffer.buffered.start(0) : 0);
    const [next] = this.#chunks;
    try {
      if (next) {
        buffer.appendBuffer(next);
        this.#chunks.shift();
      } else if (played > KEPT_SECONDS + REMOVAL_STEP_SECONDS) buffer.remove(0, currentTime - KEPT_SECONDS);
    } catch (error) {
      if (!isQuotaExceeded(error)) throw error;
      // The buffer is full, as after a long pause: the oldest audio makes room.
      const start = buffer.buffered.start(0);
      buffer.remove(start, Math.max(currentTime - 1, start + KEPT_SECONDS));
    }
  }

  async #play(): Promise<void> {
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

  /** Pauses when the buffer is empty, and tolerates more jitter from then on. */
  #runDry(): void {
    if (this.state.value.name !== "playing") return;
    this.#jitterBufferSeconds = longerJitterBuffer(this.#jitterBufferSeconds);
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
    this.#audio.playbackRate = playbackRate(ahead, this.#jitterBufferSeconds);
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
