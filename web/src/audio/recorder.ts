import type { Quality } from "../protocol.generated.ts";
import { AUDIO_TYPE, makeChunks } from "./chunks.ts";
import { WebmReader } from "./webmReader.ts";

/** How much audio goes into one message, in milliseconds: the delay it adds against the messages it costs. */
export const CHUNK_MILLISECONDS = 500;

/** Opus for speech is good at 24 kbit/s, and for music at 64. */
const BITS_PER_SECOND: Readonly<Record<Quality, number>> = { standard: 24_000, premium: 64_000 };

export function canRecord(): boolean {
  return "MediaRecorder" in globalThis && MediaRecorder.isTypeSupported(AUDIO_TYPE);
}

/** Records a stream as Opus, and gives it away in chunks that each can be played alone. */
export class AudioRecorder {
  readonly #recorder: MediaRecorder;
  readonly #reader = new WebmReader();
  #work = Promise.resolve();

  constructor(stream: MediaStream, quality: Quality, onChunk: (chunk: Uint8Array) => void) {
    this.#recorder = new MediaRecorder(stream, {
      mimeType: AUDIO_TYPE,
      audioBitsPerSecond: BITS_PER_SECOND[quality],
    });
    this.#recorder.ondataavailable = ({ data }) => {
      this.#work = this.#work.then(async () => {
        const packets = this.#reader.push(new Uint8Array(await data.arrayBuffer()));
        for (const chunk of makeChunks(this.#reader.header, packets)) onChunk(chunk);
      });
    };
    this.#recorder.start(CHUNK_MILLISECONDS);
  }

  /** Stops; what was recorded until now still comes. */
  async stop(): Promise<void> {
    if (this.#recorder.state === "inactive") return;
    const stopped = new Promise<void>((resolve) => (this.#recorder.onstop = () => resolve()));
    this.#recorder.stop();
    await stopped;
    await this.#work;
  }
}
