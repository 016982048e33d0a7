import { Emitter } from "websocket-sessions";
import { element, Id } from "../src/audio/ebml.ts";
import { MicrophoneError } from "../src/audio/microphone.ts";
import { WebmRecording } from "../src/audio/webmRecording.ts";
import type { SpeakerInput } from "../src/speaker/speakerController.ts";

const CHUNK_MILLISECONDS = 100;

/** The id of a device that cannot be opened. */
export const BROKEN_MICROPHONE = "broken";

/** Stands in for the browser's microphone: it records a packet of audio ten times a second. */
export class FakeMicrophone implements SpeakerInput {
  readonly lost = new Emitter<MicrophoneError>();
  readonly level = 0;
  muted = false;
  deviceId: string | undefined;
  readonly #recording = new WebmRecording(element(Id.header, new Uint8Array(20)), 0x81);
  #target: Parameters<SpeakerInput["record"]>[0] | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #time = 0;

  get isOpen(): boolean {
    return this.deviceId !== undefined;
  }

  get isRecording(): boolean {
    return this.#timer !== undefined;
  }

  async open(deviceId = "default"): Promise<void> {
    if (deviceId === BROKEN_MICROPHONE)
      return Promise.reject(new MicrophoneError("The microphone could not be opened."));
    this.deviceId = deviceId;
    this.resume();
    return Promise.resolve();
  }

  /** The device is disconnected. */
  async lose(): Promise<void> {
    await this.pause();
    this.deviceId = undefined;
    this.lost.emit(new MicrophoneError("The microphone was disconnected."));
  }

  async ensureOpen(deviceId?: string): Promise<void> {
    if (!this.isOpen) await this.open(deviceId);
  }

  record(target: Parameters<SpeakerInput["record"]>[0]): void {
    this.#target = target;
    this.resume();
  }

  resume(): void {
    if (!this.#target) return;
    this.#timer ??= setInterval(() => {
      const packet = { time: (this.#time += CHUNK_MILLISECONDS), data: new Uint8Array(10) };
      this.#target?.onPackets(this.#recording, [packet]);
    }, CHUNK_MILLISECONDS);
  }

  async pause(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.#target = undefined;
    this.deviceId = undefined;
    return this.pause();
  }
}
