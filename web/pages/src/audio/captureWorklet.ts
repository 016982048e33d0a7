import type { CaptureOptions } from "./opusRecorder.ts";

// The scope of an audio worklet, which TypeScript does not declare.
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: unknown): void;

/** About 20 ms: fewer messages to the page than one for each 128 frames. */
const BATCH_FRAMES = 1024;

/** Passes the samples on to the page, channel after channel, until the page sends a message. */
class Capture extends AudioWorkletProcessor {
  readonly #channels: number;
  #batch: Float32Array<ArrayBuffer>;
  #frames = 0;
  #isStopped = false;

  constructor(options: { readonly processorOptions: CaptureOptions }) {
    super();
    this.#channels = options.processorOptions.channels;
    this.#batch = this.#emptyBatch();
    this.port.onmessage = () => (this.#isStopped = true);
  }

  process([input = []]: Float32Array[][]): boolean {
    // Without a signal there is no channel: the batch's zeros are the silence.
    const frames = input[0]?.length ?? 128;
    for (let channel = 0; channel < this.#channels; channel++) {
      const samples = input[channel];
      if (samples) this.#batch.set(samples, channel * BATCH_FRAMES + this.#frames);
    }
    this.#frames += frames;
    if (this.#frames >= BATCH_FRAMES) {
      this.port.postMessage(this.#batch, [this.#batch.buffer]);
      this.#batch = this.#emptyBatch();
      this.#frames = 0;
    }
    return !this.#isStopped;
  }

  #emptyBatch(): Float32Array<ArrayBuffer> {
    return new Float32Array(BATCH_FRAMES * this.#channels);
  }
}

registerProcessor("capture", Capture);
