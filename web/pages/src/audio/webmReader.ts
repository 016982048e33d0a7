import { concat } from "./bytes.ts";
import { Id, readHead, readNumber } from "./ebml.ts";
import type { Packet } from "./recording.ts";
import { WebmRecording } from "./webmRecording.ts";

/** Elements whose children are read one by one; all others are read or skipped as a whole. */
const CONTAINERS: ReadonlySet<number> = new Set([Id.segment, Id.cluster, Id.blockGroup]);

/** Splits a recorder's WebM stream into packets, whatever the pieces in which it arrives. */
export class WebmReader {
  /** Everything before the first cluster, which a decoder needs. Empty until it is complete. */
  header: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** Undefined until the first packet is complete. */
  recording: WebmRecording | undefined;
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array();
  readonly #beforeClusters: Uint8Array[] = [];
  #clusterTime = 0;

  /** Adds the next piece of the stream and returns the packets that it completes. */
  push(piece: Uint8Array): Packet[] {
    const bytes = concat([this.#rest, piece]);
    const packets: Packet[] = [];
    let at = 0;
    for (let head = readHead(bytes, at); head; head = readHead(bytes, at)) {
      const isContainer = CONTAINERS.has(head.id);
      const start = at + head.headLength;
      const end = isContainer ? start : start + (head.length ?? 0);
      if (end > bytes.length) break;
      if (head.id === Id.cluster && this.header.length === 0) this.header = concat(this.#beforeClusters);
      if (this.header.length === 0) this.#beforeClusters.push(bytes.slice(at, end));
      else if (head.id === Id.timestamp) this.#clusterTime = readNumber(bytes, start, end - start);
      else if (head.id === Id.simpleBlock || head.id === Id.block)
        packets.push(this.#packet(bytes.slice(start, end)));
      at = end;
    }
    this.#rest = bytes.slice(at);
    return packets;
  }

  /** RFC 9559, 10.1: track (one byte up to 127), signed time relative to the cluster, flags (skipped), data. */
  #packet(block: Uint8Array): Packet {
    const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
    this.recording ??= new WebmRecording(this.header, view.getUint8(0));
    return { time: this.#clusterTime + view.getInt16(1), data: block.subarray(4) };
  }
}
