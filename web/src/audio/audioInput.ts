import { Emitter } from "../client/index.ts";
import type { Quality } from "../protocol.generated.ts";
import { LevelMeter } from "./levelMeter.ts";
import { MicrophoneError, openMicrophone } from "./microphone.ts";
import { AudioRecorder } from "./recorder.ts";

/** The speaker's microphone: recorded in chunks, muted, measured, and exchanged for another while it runs. */
export class AudioInput {
  /** Tells that the microphone is gone, in words. */
  readonly lost = new Emitter<MicrophoneError>();
  readonly #quality: Quality;
  readonly #onChunk: (chunk: Uint8Array) => void;
  readonly #meter = new LevelMeter();
  #stream: MediaStream | undefined;
  #recorder: AudioRecorder | undefined;
  #muted = false;

  constructor(quality: Quality, onChunk: (chunk: Uint8Array) => void) {
    this.#quality = quality;
    this.#onChunk = onChunk;
  }

  /** Whether sound is recorded now. */
  get isRecording(): boolean {
    return this.#recorder !== undefined;
  }

  /** From 0 to 1; nothing is heard of a muted microphone. */
  get level(): number {
    return this.#stream ? this.#meter.level : 0;
  }

  get muted(): boolean {
    return this.#muted;
  }

  set muted(muted: boolean) {
    this.#muted = muted;
    for (const track of this.#stream?.getAudioTracks() ?? []) track.enabled = !muted;
  }

  /**
   * Opens a microphone and records from it, in place of the one before.
   *
   * @throws MicrophoneError; the one before then goes on.
   */
  async start(deviceId?: string): Promise<void> {
    const stream = await openMicrophone(deviceId);
    await this.#release();
    this.#stream = stream;
    this.muted = this.#muted;
    this.#meter.listenTo(stream);
    this.#recorder = new AudioRecorder(stream, this.#quality, this.#onChunk);
    for (const track of stream.getAudioTracks())
      track.onended = () => {
        void this.#release();
        this.lost.emit(
          new MicrophoneError("The microphone was disconnected. Choose another one, or try again."),
        );
      };
  }

  /** Stops recording until `resume`; resolves when everything recorded was given away. */
  async pause(): Promise<void> {
    const recorder = this.#recorder;
    this.#recorder = undefined;
    await recorder?.stop();
  }

  resume(): void {
    if (this.#stream && !this.#recorder)
      this.#recorder = new AudioRecorder(this.#stream, this.#quality, this.#onChunk);
  }

  /** The id of the microphone in use. */
  get deviceId(): string | undefined {
    return this.#stream?.getAudioTracks()[0]?.getSettings().deviceId;
  }

  async close(): Promise<void> {
    await this.#release();
    await this.#meter.close();
  }

  async #release(): Promise<void> {
    await this.pause();
    for (const track of this.#stream?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    this.#stream = undefined;
  }
}
