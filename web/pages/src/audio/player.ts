import { Observable } from "websocket-sessions";
import { JITTER_BUFFER_SECONDS, playbackRate } from "./catchUp.ts";
import { AUDIO_TYPE } from "./chunks.ts";

export type PlayerState = "waiting" | "playing" | "blocked";

/** Played audio that stays buffered. */
const KEPT_SECONDS = 10;
/** Further played audio that may gather before it is removed. */
const REMOVAL_STEP_SECONDS = 30;

/** Safari on phones has ManagedMediaSource only, which TypeScript does not declare yet. */
const { ManagedMediaSource } = globalThis as { ManagedMediaSource?: typeof MediaSource };
const Source = ManagedMediaSource ?? (globalThis as { MediaSource?: typeof MediaSource }).MediaSource;

export function canPlay(): boolean {
  return Source?.isTypeSupported(AUDIO_TYPE) === true;
}

/** Plays chunks in the order of arrival, with a small buffer against jitter. */
export class AudioPlayer {
  readonly state = new Observable<PlayerState>("waiting");
  readonly #audio: HTMLAudioElement;
  readonly #chunks: Uint8Array<ArrayBuffer>[] = [];
  readonly #url: string;
  #buffer: SourceBuffer | undefined;

  constructor(audio: HTMLAudioElement) {
    if (!Source) throw new Error("This browser cannot play live audio.");
    const source = new Source();
    this.#audio = audio;
    this.#url = URL.createObjectURL(source);
    audio.disableRemotePlayback = true; // Safari requires it
    audio.preservesPitch = true;
    audio.src = this.#url;
    audio.onwaiting = () => this.#wait();
    audio.ontimeupdate = () => (audio.playbackRate = playbackRate(this.#ahead()));
    source.addEventListener("sourceopen", () => {
      this.#buffer = source.addSourceBuffer(AUDIO_TYPE);
      // Chunks play one after the other, whatever their timestamps: each recording starts at zero.
      this.#buffer.mode = "sequence";
      this.#buffer.onupdateend = () => this.#work();
      this.#work();
    });
  }

  add(chunk: Uint8Array<ArrayBuffer>): void {
    this.#chunks.push(chunk);
    this.#work();
  }

  set volume(volume: number) {
    this.#audio.volume = volume;
  }

  /** Starts playback after a click, if the browser had refused to start without one. */
  unblock(): void {
    if (this.state.value === "blocked") this.#wait();
    this.#work();
  }

  close(): void {
    this.#audio.pause();
    this.#audio.onwaiting = this.#audio.ontimeupdate = null;
    this.#audio.removeAttribute("src");
    URL.revokeObjectURL(this.#url);
    this.#chunks.length = 0;
    this.#buffer = undefined;
    this.state.set("waiting");
  }

  #work(): void {
    const buffer = this.#buffer;
    if (!buffer || buffer.updating) return;
    if (this.state.value === "waiting" && this.#ahead() >= JITTER_BUFFER_SECONDS) void this.#play();
    const played = this.#audio.currentTime - (buffer.buffered.length > 0 ? buffer.buffered.start(0) : 0);
    const next = this.#chunks.shift();
    if (next) buffer.appendBuffer(next);
    else if (played > KEPT_SECONDS + REMOVAL_STEP_SECONDS)
      buffer.remove(0, this.#audio.currentTime - KEPT_SECONDS);
  }

  async #play(): Promise<void> {
    this.state.set("playing");
    try {
      await this.#audio.play();
    } catch (error) {
      if (error instanceof DOMException && error.name === "NotAllowedError") this.state.set("blocked");
    }
  }

  /** Pauses when the buffer is empty; playback continues once it is filled again. */
  #wait(): void {
    this.#audio.pause();
    this.state.set("waiting");
  }

  /** Seconds of audio that wait to be played. */
  #ahead(): number {
    const { buffered, currentTime } = this.#audio;
    return buffered.length > 0 ? buffered.end(buffered.length - 1) - currentTime : 0;
  }
}
