import { concat, element, Id, number } from "./ebml.ts";
import type { Packet } from "./webmReader.ts";

/**
 * The recorded audio in pieces that each are a whole small WebM file: header, one cluster.
 *
 * So any piece can be the first one that a listener gets, and a lost one harms no other. The header
 * costs some 200 bytes; API Gateway counts in steps of 32 KB, so it costs nothing.
 */
export const AUDIO_TYPE = "audio/webm;codecs=opus";

/** A pushed message must fit one frame of 32 KB, in base64 (4/3) and with 1 KB for what goes around it. */
export const MAX_CHUNK_BYTES = Math.floor(((32 - 1) * 1024 * 3) / 4);

/** A packet's bytes beside its data: id and size of its element, track, time, flags. */
const BLOCK_HEAD = 5 + 4;
/** The same of a cluster, with its timestamp. */
const CLUSTER_HEAD = 8 + 10;

/** A flag: can be decoded by itself, as every packet of audio. */
const KEY_FRAME = 0x80;

/** Makes chunks of packets, in order; more than one where they exceed the limit. */
export function makeChunks(
  header: Uint8Array,
  packets: readonly Packet[],
  limit = MAX_CHUNK_BYTES,
): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let group: Packet[] = [];
  let size = header.length + CLUSTER_HEAD;
  const finish = (): void => {
    if (group.length > 0) chunks.push(concat([header, cluster(group)]));
    group = [];
    size = header.length + CLUSTER_HEAD;
  };
  for (const packet of packets) {
    if (size + BLOCK_HEAD + packet.data.length > limit) finish();
    group.push(packet);
    size += BLOCK_HEAD + packet.data.length;
  }
  finish();
  return chunks;
}

function cluster(packets: readonly Packet[]): Uint8Array {
  const start = packets[0]?.time ?? 0;
  const blocks = packets.map(({ time, track, data }) => {
    const head = new DataView(new ArrayBuffer(4));
    head.setUint8(0, track);
    head.setInt16(1, time - start);
    head.setUint8(3, KEY_FRAME);
    return element(Id.simpleBlock, new Uint8Array(head.buffer), data);
  });
  return element(Id.cluster, element(Id.timestamp, number(start)), ...blocks);
}
