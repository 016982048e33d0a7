import { concat } from "./bytes.ts";
import { Mp4Recording } from "./mp4Recording.ts";
import type { Packet } from "./recording.ts";

/** The bytes of a box's size and type, and of the size that follows them if the first one is 1 (ISO 14496-12, 4.2). */
const HEAD_BYTES = 8;
const LARGE_SIZE_BYTES = 8;

/**
 * Splits a recorder's fragmented MP4 stream into fragments, whatever the pieces in which it arrives. A fragment is one
 * packet: the box that describes the samples (`moof`) and the box that holds them (`mdat`).
 */
export class Mp4Reader {
  /** Undefined until the first fragment is complete. */
  recording: Mp4Recording | undefined;
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array();
  readonly #beforeFragments: Uint8Array[] = [];
  #description: Uint8Array | undefined;

  /** Adds the next piece of the stream and returns the fragments that it completes, all with the time 0. */
  push(piece: Uint8Array): Packet[] {
    const bytes = concat([this.#rest, piece]);
    const fragments: Packet[] = [];
    let at = 0;
    for (let size = boxSize(bytes, at); at + size <= bytes.length; size = boxSize(bytes, at)) {
      const box = bytes.slice(at, at + size);
      const type = String.fromCharCode(...box.subarray(4, HEAD_BYTES));
      // A recorder that stops writes the last description twice: the samples belong to the second one.
      if (type === "moof") this.#description = box;
      else if (type === "mdat" && this.#description) {
        this.recording ??= new Mp4Recording(concat(this.#beforeFragments));
        // The fragment holds its own time.
        fragments.push({ time: 0, data: concat([this.#description, box]) });
        this.#description = undefined;
      } else if (!this.#description && !this.recording) this.#beforeFragments.push(box);
      at += size;
    }
    this.#rest = bytes.slice(at);
    return fragments;
  }
}

/** Returns the size of the box that begins here in bytes; infinite while it is unknown. */
function boxSize(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (at + HEAD_BYTES > bytes.length) return Infinity;
  const size = view.getUint32(at);
  // 0: the box lasts until the end of the stream.
  if (size === 0) return Infinity;
  if (size !== 1) return Math.max(size, HEAD_BYTES);
  if (at + HEAD_BYTES + LARGE_SIZE_BYTES > bytes.length) return Infinity;
  return Math.max(Number(view.getBigUint64(at + HEAD_BYTES)), HEAD_BYTES + LARGE_SIZE_BYTES);
}
