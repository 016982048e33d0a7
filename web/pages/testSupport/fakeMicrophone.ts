import { Emitter } from "websocket-sessions";
import { element, Id } from "../src/audio/ebml.ts";
import type { MicrophoneError } from "../src/audio/microphone.ts";
import { WebmRecording } from "../src/audio/webmRecording.ts";
import type { SpeakerInput } from "../src/speaker/speakerController.ts";

const CHUNK_MILLISECONDS = 100;

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
    this.deviceId = deviceId;
    return Promise.resolve();
  }

  async ensureOpen(deviceId?: string): Promise<void> {
    if (!this.isOpen) await this.open(deviceId);
  }

  record(target: Parameters<SpeakerInput["record"]>[0]): void {
    this.#target = target;
    this.resume();
  }

  resume(): void {
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
