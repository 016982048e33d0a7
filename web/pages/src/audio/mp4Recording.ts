import { concat } from "./bytes.ts";
import { MAX_CHUNK_BYTES, type Chunk, type Packet, type Recording } from "./recording.ts";

export const MP4_AAC = "audio/mp4;codecs=mp4a.40.2";

/**
 * A recording of AAC in fragmented MP4. Each chunk is the header and some fragments, so that a listener can start
 * with any chunk.
 */
export class Mp4Recording implements Recording {
  readonly contentType = MP4_AAC;
  readonly #header: Uint8Array;

  /** @param header the boxes before the first fragment. */
  constructor(header: Uint8Array) {
    this.#header = header;
  }

  firstChunk(packets: readonly Packet[], maxBytes = MAX_CHUNK_BYTES): Chunk {
    let size = this.#header.length;
    let count = 0;
    for (const { data } of packets) {
      size += data.length;
      if (count > 0 && size > maxBytes) break;
      count++;
    }
    const fragments = packets.slice(0, count).map(({ data }) => data);
    return { chunk: concat([this.#header, ...fragments]), count };
  }
}
