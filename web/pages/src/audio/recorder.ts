import type { Quality } from "websocket-sessions";
import { AUDIO_TYPE, makeChunks } from "./chunks.ts";
import { WebmReader } from "./webmReader.ts";

/** Audio per message: longer chunks add delay, shorter chunks cost more messages. */
export const CHUNK_MILLISECONDS = 500;

/** Opus needs 24 kbit/s for clear speech and 64 kbit/s for music. */
const BITS_PER_SECOND: Readonly<Record<Quality, number>> = { standard: 24_000, premium: 64_000 };

export function canRecord(): boolean {
  return "MediaRecorder" in globalThis && MediaRecorder.isTypeSupported(AUDIO_TYPE);
}

/** Records a stream as Opus and passes it on in chunks that can each be played alone. */
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

  /** Stops; resolves after the last recorded chunk was passed on. */
  async stop(): Promise<void> {
    if (this.#recorder.state === "inactive") return;
    const stopped = new Promise<void>((resolve) => (this.#recorder.onstop = () => resolve()));
    this.#recorder.stop();
    await stopped;
    await this.#work;
  }
}
