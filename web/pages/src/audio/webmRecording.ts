import { concat } from "./bytes.ts";
import { element, Id, number } from "./ebml.ts";
import { MAX_CHUNK_BYTES, type Chunk, type Packet, type Recording } from "./recording.ts";

export const WEBM_OPUS = "audio/webm;codecs=opus";

/** The bytes of a packet besides its data: element id and size, track, time, flags. */
const BLOCK_HEAD_BYTES = 5 + 4;
/** The bytes of a cluster besides its packets, timestamp included. */
const CLUSTER_HEAD_BYTES = 8 + 10;

/** A packet's time in its cluster is a signed number of 16 bits, in milliseconds (RFC 9559, 10.1). */
const MAX_CLUSTER_MILLISECONDS = 0x7fff;

/** Marks a packet that can be decoded alone, as every audio packet can. */
const KEY_FRAME_FLAG = 0x80;

/**
 * A recording of Opus. Each chunk is a complete small WebM file: the header and one cluster.
 *
 * So a listener can start with any chunk, and a lost chunk damages no other. The header costs about 200
 * bytes, which is free because API Gateway meters in steps of 32 KB.
 */
export class WebmRecording implements Recording {
  readonly contentType = WEBM_OPUS;
  readonly #header: Uint8Array;
  readonly #track: number;

  /**
   * @param header everything before the first cluster.
   * @param track the number of the track, as a block writes it.
   */
  constructor(header: Uint8Array, track: number) {
    this.#header = header;
    this.#track = track;
  }

  firstChunk(packets: readonly Packet[], maxBytes = MAX_CHUNK_BYTES): Chunk {
    const startTime = packets[0]?.time ?? 0;
    let size = this.#header.length + CLUSTER_HEAD_BYTES;
    let count = 0;
    for (const { time, data } of packets) {
      size += BLOCK_HEAD_BYTES + data.length;
      if (count > 0 && (size > maxBytes || time - startTime > MAX_CLUSTER_MILLISECONDS)) break;
      count++;
    }
    return { chunk: concat([this.#header, this.#cluster(packets.slice(0, count))]), count };
  }

  #cluster(packets: readonly Packet[]): Uint8Array {
    const start = packets[0]?.time ?? 0;
    const blocks = packets.map(({ time, data }) => {
      const head = new DataView(new ArrayBuffer(4));
      head.setUint8(0, this.#track);
      head.setInt16(1, time - start);
      head.setUint8(3, KEY_FRAME_FLAG);
      return element(Id.simpleBlock, new Uint8Array(head.buffer), data);
    });
    return element(Id.cluster, element(Id.timestamp, number(start)), ...blocks);
  }
}
