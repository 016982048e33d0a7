import type { Quality } from "websocket-sessions";
import { Mp4Reader } from "./mp4Reader.ts";
import { MP4_AAC } from "./mp4Recording.ts";
import { BITS_PER_SECOND, CHUNK_MILLISECONDS, type AudioRecorder } from "./recorder.ts";
import type { PacketSink } from "./recording.ts";
import { WebmReader } from "./webmReader.ts";
import { WEBM_OPUS } from "./webmRecording.ts";

/** The containers that a browser's `MediaRecorder` may write, the preferred one first. */
const READERS = [
  { mimeType: WEBM_OPUS, Reader: WebmReader },
  { mimeType: MP4_AAC, Reader: Mp4Reader },
  // Browsers that record AAC without naming its profile.
  { mimeType: "audio/mp4", Reader: Mp4Reader },
] as const;

function supportedReader(): (typeof READERS)[number] | undefined {
  if (!("MediaRecorder" in globalThis)) return undefined;
  return READERS.find(({ mimeType }) => MediaRecorder.isTypeSupported(mimeType));
}

/** Returns whether this browser's `MediaRecorder` writes a container that this page can split into packets. */
export function canRecordStreams(): boolean {
  return supportedReader() !== undefined;
}

/** Records a stream with the browser's `MediaRecorder` and passes its packets on. */
export class StreamRecorder implements AudioRecorder {
  readonly #recorder: MediaRecorder;
  #work = Promise.resolve();

  /** @throws Error if `canRecordStreams` is false. */
  constructor(stream: MediaStream, quality: Quality, onPackets: PacketSink, onFailed: () => void) {
    const supported = supportedReader();
    if (!supported) throw new Error("This browser cannot record audio.");
    const reader = new supported.Reader();
    this.#recorder = new MediaRecorder(stream, {
      mimeType: supported.mimeType,
      audioBitsPerSecond: BITS_PER_SECOND[quality],
    });
    this.#recorder.onerror = onFailed;
    this.#recorder.ondataavailable = ({ data }) => {
      this.#work = this.#work.then(async () => {
        const packets = reader.push(new Uint8Array(await data.arrayBuffer()));
        if (reader.recording && packets.length > 0) onPackets(reader.recording, packets);
      });
    };
    this.#recorder.start(CHUNK_MILLISECONDS);
  }

  async stop(): Promise<void> {
    if (this.#recorder.state === "inactive") return;
    const stopped = new Promise<void>((resolve) => (this.#recorder.onstop = () => resolve()));
    this.#recorder.stop();
    await stopped;
    await this.#work;
  }
}
