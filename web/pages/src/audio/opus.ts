import { concat } from "./bytes.ts";
import { element, Id, number } from "./ebml.ts";

/** The clock of Opus, whatever the rate of the recorded samples (RFC 6716, 2). */
const CLOCK_HERTZ = 48_000;

/** Frame durations in milliseconds for each configuration of a packet's first byte (RFC 6716, table 2). */
const SILK_FRAMES = [10, 20, 40, 60];
const HYBRID_FRAMES = [10, 20];
const CELT_FRAMES = [2.5, 5, 10, 20];

/** Returns the duration of an Opus packet in milliseconds; 0 if the packet is empty (RFC 6716, 3.1 and 3.2). */
export function packetMilliseconds(packet: Uint8Array): number {
  const [first, second = 0] = packet;
  if (first === undefined) return 0;
  const configuration = first >> 3;
  const frames = configuration < 12 ? SILK_FRAMES : configuration < 16 ? HYBRID_FRAMES : CELT_FRAMES;
  const frame = frames[configuration % frames.length] ?? 0;
  const frameCount = [1, 2, 2, second & 0x3f][first & 3] ?? 1;
  return frame * frameCount;
}

/** The track that the header describes, as a block writes its number: in one byte with the highest bit set. */
export const OPUS_TRACK = 0x81;

const AUDIO_TRACK_TYPE = 2;
/** Opus decoders need 80 ms before a position to be exact there (RFC 7845, 4.6), in nanoseconds. */
const SEEK_PRE_ROLL = 80_000_000;

/**
 * Returns the WebM header of an Opus stream: everything before the first cluster (RFC 9559).
 *
 * It declares no samples to skip: a decoder would skip them at the start of each chunk.
 */
export function opusHeader(channels: number): Uint8Array {
  return concat([
    element(
      Id.header,
      element(0x4282, ascii("webm")), // DocType
      element(0x4287, number(4)), // DocTypeVersion
      element(0x4285, number(2)), // DocTypeReadVersion
    ),
    number(Id.segment),
    UNKNOWN_SIZE,
    element(0x1549a966, element(0x2ad7b1, number(1_000_000))), // Info with TimestampScale: milliseconds
    element(
      0x1654ae6b, // Tracks
      element(
        0xae, // TrackEntry
        element(0xd7, number(1)), // TrackNumber
        element(0x73c5, number(1)), // TrackUID
        element(0x83, number(AUDIO_TRACK_TYPE)),
        element(0x86, ascii("A_OPUS")), // CodecID
        element(0x63a2, identification(channels)), // CodecPrivate
        element(0x56bb, number(SEEK_PRE_ROLL)),
        element(0xe1, element(0xb5, float(CLOCK_HERTZ)), element(0x9f, number(channels))), // Audio
      ),
    ),
  ]);
}

/** A live stream's segment has no known size. */
const UNKNOWN_SIZE = Uint8Array.from([0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);

/** Returns Opus's own header: version 1, no pre-skip, no gain, mono or stereo (RFC 7845, 5.1). */
function identification(channels: number): Uint8Array {
  const fields = new DataView(new ArrayBuffer(11));
  fields.setUint8(0, 1);
  fields.setUint8(1, channels);
  fields.setUint32(4, CLOCK_HERTZ, true);
  return concat([ascii("OpusHead"), new Uint8Array(fields.buffer)]);
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function float(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return new Uint8Array(view.buffer);
}
