import type { Quality } from "websocket-sessions";
import { AUDIO_TYPE } from "./chunks.ts";
import { WebmReader, type Packet } from "./webmReader.ts";

/** How often a recording passes its packets on: a longer interval adds delay, a shorter one costs messages. */
export const CHUNK_MILLISECONDS = 500;

/** Opus needs 24 kbit/s for clear speech and 64 kbit/s for music. */
const BITS_PER_SECOND: Readonly<Record<Quality, number>> = { standard: 24_000, premium: 64_000 };

export function canRecord(): boolean {
  return "MediaRecorder" in globalThis && MediaRecorder.isTypeSupported(AUDIO_TYPE);
}

/** Gets the packets that were recorded last, with the header of their recording. */
export type PacketSink = (header: Uint8Array, packets: readonly Packet[]) => void;

/** Records a stream as Opus and passes its packets on. */
export class AudioRecorder {
  readonly #recorder: MediaRecorder;
  readonly #reader = new WebmReader();
  #work = Promise.resolve();

  constructor(stream: MediaStream, quality: Quality, onPackets: PacketSink) {
    this.#recorder = new MediaRecorder(stream, {
      mimeType: AUDIO_TYPE,
      audioBitsPerSecond: BITS_PER_SECOND[quality],
    });
    this.#recorder.ondataavailable = ({ data }) => {
      this.#work = this.#work.then(async () => {
        const packets = this.#reader.push(new Uint8Array(await data.arrayBuffer()));
        onPackets(this.#reader.header, packets);
      });
    };
    this.#recorder.start(CHUNK_MILLISECONDS);
  }

  /** Stops; resolves after the last packets were passed on. */
  async stop(): Promise<void> {
    if (this.#recorder.state === "inactive") return;
    const stopped = new Promise<void>((resolve) => (this.#recorder.onstop = () => resolve()));
    this.#recorder.stop();
    await stopped;
    await this.#work;
  }
}
