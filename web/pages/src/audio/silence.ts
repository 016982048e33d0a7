import { WebmReader } from "./webmReader.ts";

/** Encoders that vary the bit rate write silence with at most 11 kbit/s, and speech with twice as much. */
const SILENT_BYTES_PER_MILLISECOND = 1.4;

/** Returns whether a WebM chunk has silence only: none of its packets has the bytes of speech. */
export function isSilent(chunk: Uint8Array, contentType: string): boolean {
  if (!contentType.startsWith("audio/webm")) return false;
  const packets = new WebmReader().push(chunk);
  const [first] = packets;
  const last = packets.at(-1);
  if (!first || !last || first === last) return false;
  const packetMilliseconds = (last.time - first.time) / (packets.length - 1);
  const bytes = Math.max(...packets.map(({ data }) => data.length));
  return bytes <= SILENT_BYTES_PER_MILLISECOND * packetMilliseconds;
}
