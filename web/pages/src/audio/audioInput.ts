import { Emitter } from "websocket-sessions";
import type { Quality } from "websocket-sessions";
import { LevelMeter } from "./levelMeter.ts";
import { MicrophoneError, openMicrophone } from "./microphone.ts";
import { canEncodeOpus, loadCapture, OpusRecorder } from "./opusRecorder.ts";
import type { AudioRecorder } from "./recorder.ts";
import type { PacketSink } from "./recording.ts";
import { canRecordStreams, StreamRecorder } from "./streamRecorder.ts";

/** An audio context that does not run after this time has no clock: the machine has no audio output. */
const CONTEXT_START_MILLISECONDS = 1000;

/** Returns whether this browser can record audio that listeners can play. */
export async function canRecord(): Promise<boolean> {
  return canRecordStreams() || (await canEncodeOpus());
}

/** A microphone that is open: what is measured and recorded. */
interface OpenMicrophone {
  readonly stream: MediaStream;
  readonly context: AudioContext;
  readonly source: MediaStreamAudioSourceNode;
  readonly meter: LevelMeter;
  /** Whether the browser's encoder can record it; else its `MediaRecorder` does. */
  readonly encodesOpus: boolean;
}

/** What is recorded, and where its packets go. */
interface RecordingTarget {
  readonly quality: Quality;
  readonly onPackets: PacketSink;
}

/** The speaker's microphone: measures the level, records, mutes, and switches devices while it records. */
export class AudioInput {
  /** Emits an error with a text for the person when the microphone is disconnected or its recording fails. */
  readonly lost = new Emitter<MicrophoneError>();
  #microphone: OpenMicrophone | undefined;
  #target: RecordingTarget | undefined;
  #recorder: AudioRecorder | undefined;
  #isPaused = false;
  #muted = false;
  /** The opening or closing that runs or ran last: one at a time. */
  #work: Promise<unknown> = Promise.resolve();

  get isOpen(): boolean {
    return this.#microphone !== undefined;
  }

  /** Whether audio is being recorded. */
  get isRecording(): boolean {
    return this.#recorder !== undefined;
  }

  /** The level from 0 to 1; 0 while muted or paused. */
  get level(): number {
    return this.#isPaused ? 0 : (this.#microphone?.meter.level ?? 0);
  }

  get muted(): boolean {
    return this.#muted;
  }

  set muted(muted: boolean) {
    this.#muted = muted;
    for (const track of this.#microphone?.stream.getAudioTracks() ?? []) track.enabled = !muted;
  }

  /** The id of the microphone in use. */
  get deviceId(): string | undefined {
    return this.#microphone?.stream.getAudioTracks()[0]?.getSettings().deviceId;
  }

  /**
   * Opens a microphone in place of the previous one. A recording continues with it.
   *
   * @throws MicrophoneError; the previous microphone then stays in use.
   */
  async open(deviceId?: string): Promise<void> {
    await this.#queue(async () => this.#open(deviceId));
  }

  /**
   * Opens a microphone unless one is open.
   *
   * @throws MicrophoneError
   */
  async ensureOpen(deviceId?: string): Promise<void> {
    await this.#queue(async () => (this.isOpen ? undefined : this.#open(deviceId)));
  }

  /** Records from now on: at once, or when a microphone is open. */
  record(target: RecordingTarget): void {
    this.#target = target;
    this.resume();
  }

  /** Stops recording until `resume`; resolves after the last packets were passed on. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await this.#stopRecorder();
  }

  resume(): void {
    this.#isPaused = false;
    const { stream, source, encodesOpus } = this.#microphone ?? {};
    if (!stream || !source || !this.#target || this.#recorder) return;
    const { quality, onPackets } = this.#target;
    const onFailed = (): void => void this.#lose("The recording failed. Try the microphone again.");
    this.#recorder = encodesOpus
      ? new OpusRecorder(source, { channels: channelCount(stream, quality), quality }, onPackets, onFailed)
      : new StreamRecorder(stream, quality, onPackets, onFailed);
  }

  /** Stops recording and releases the microphone. */
  async close(): Promise<void> {
    this.#target = undefined;
    this.#isPaused = false;
    await this.#queue(async () => this.#release());
  }

  async #queue(action: () => Promise<void>): Promise<void> {
    const work = this.#work.catch(() => undefined).then(action);
    this.#work = work;
    await work;
  }

  async #open(deviceId?: string): Promise<void> {
    const stream = await openMicrophone(deviceId);
    const context = await startedContext();
    let encodesOpus = context.state === "running" && (await canEncodeOpus());
    try {
      if (encodesOpus) await loadCapture(context);
    } catch {
      encodesOpus = false;
    }
    await this.#release();
    const source = context.createMediaStreamSource(stream);
    this.#microphone = { stream, context, source, meter: new LevelMeter(source), encodesOpus };
    this.muted = this.#muted;
    for (const track of stream.getAudioTracks())
      track.onended = () =>
        void this.#lose("The microphone was disconnected. Choose another one, or try again.");
    if (!this.#isPaused) this.resume();
  }

  async #lose(text: string): Promise<void> {
    await this.#release();
    this.lost.emit(new MicrophoneError(text));
  }

  async #stopRecorder(): Promise<void> {
    const recorder = this.#recorder;
    this.#recorder = undefined;
    await recorder?.stop();
  }

  async #release(): Promise<void> {
    await this.#stopRecorder();
    const microphone = this.#microphone;
    this.#microphone = undefined;
    if (!microphone) return;
    for (const track of microphone.stream.getTracks()) {
      track.onended = null;
      track.stop();
    }
    await microphone.context.close();
  }
}

/** Returns a context that runs, if this machine lets one run. */
async function startedContext(): Promise<AudioContext> {
  const context = new AudioContext();
  const limit = new Promise((resolve) => setTimeout(resolve, CONTEXT_START_MILLISECONDS));
  await Promise.race([context.resume().catch(() => undefined), limit]);
  return context;
}

/** Speech is mono; music is recorded in stereo where the microphone is. */
function channelCount(stream: MediaStream, quality: Quality): number {
  const { channelCount = 1 } = stream.getAudioTracks()[0]?.getSettings() ?? {};
  return quality === "premium" ? Math.min(2, channelCount) : 1;
}
