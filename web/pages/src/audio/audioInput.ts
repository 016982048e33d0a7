import { Emitter } from "websocket-sessions";
import type { Quality } from "websocket-sessions";
import { LevelMeter } from "./levelMeter.ts";
import { MicrophoneError, openMicrophone } from "./microphone.ts";
import { AudioRecorder, type PacketSink } from "./recorder.ts";

/** The speaker's microphone: records, mutes, measures the level, and switches devices while running. */
export class AudioInput {
  /** Emits an error with a text for the person when the microphone is disconnected. */
  readonly lost = new Emitter<MicrophoneError>();
  readonly #quality: Quality;
  readonly #onPackets: PacketSink;
  readonly #meter = new LevelMeter();
  #stream: MediaStream | undefined;
  #recorder: AudioRecorder | undefined;
  #muted = false;

  constructor(quality: Quality, onPackets: PacketSink) {
    this.#quality = quality;
    this.#onPackets = onPackets;
  }

  /** Whether audio is being recorded. */
  get isRecording(): boolean {
    return this.#recorder !== undefined;
  }

  /** The level from 0 to 1; 0 while muted or paused. */
  get level(): number {
    return this.isRecording ? this.#meter.level : 0;
  }

  get muted(): boolean {
    return this.#muted;
  }

  set muted(muted: boolean) {
    this.#muted = muted;
    for (const track of this.#stream?.getAudioTracks() ?? []) track.enabled = !muted;
  }

  /**
   * Opens a microphone and records from it instead of the previous one.
   *
   * @throws MicrophoneError; the previous microphone then keeps recording.
   */
  async start(deviceId?: string): Promise<void> {
    const stream = await openMicrophone(deviceId);
    await this.#release();
    this.#stream = stream;
    this.muted = this.#muted;
    this.#meter.listenTo(stream);
    this.#recorder = new AudioRecorder(stream, this.#quality, this.#onPackets);
    for (const track of stream.getAudioTracks())
      track.onended = () => {
        void this.#release();
        this.lost.emit(
          new MicrophoneError("The microphone was disconnected. Choose another one, or try again."),
        );
      };
  }

  /** Stops recording until `resume`; resolves after the last packets were passed on. */
  async pause(): Promise<void> {
    const recorder = this.#recorder;
    this.#recorder = undefined;
    await recorder?.stop();
  }

  resume(): void {
    if (this.#stream && !this.#recorder)
      this.#recorder = new AudioRecorder(this.#stream, this.#quality, this.#onPackets);
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
