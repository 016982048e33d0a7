import { expect, test } from "vitest";
import { OPUS_TRACK, opusHeader, packetMilliseconds } from "./opus.ts";
import { WebmReader } from "./webmReader.ts";
import { WebmRecording } from "./webmRecording.ts";

/** The first byte of a packet: its configuration, mono, and how many frames it has (0: one, 3: the next byte says). */
const firstByte = (configuration: number, frames: number): number => (configuration << 3) | frames;

test.each([
  ["SILK, 10 ms", [firstByte(0, 0)], 10],
  ["SILK, 60 ms", [firstByte(11, 0)], 60],
  ["hybrid, 20 ms", [firstByte(13, 0)], 20],
  ["CELT, 2.5 ms", [firstByte(16, 0)], 2.5],
  ["CELT, two frames of 20 ms", [firstByte(31, 1)], 40],
  ["CELT, three frames of 20 ms", [firstByte(31, 3), 3], 60],
  ["nothing", [], 0],
])("the duration of a packet is read from it: %s", (_, bytes, milliseconds) => {
  expect(packetMilliseconds(Uint8Array.from(bytes))).toBe(milliseconds);
});

test.each([1, 2])("a recording of %i channels is read back", (channels) => {
  const header = opusHeader(channels);
  const packets = [0, 20, 40].map((time) => ({ time, data: Uint8Array.from([firstByte(31, 0), time]) }));
  const { chunk } = new WebmRecording(header, OPUS_TRACK).firstChunk(packets);
  const reader = new WebmReader();
  expect(reader.push(chunk)).toEqual(packets);
  expect(reader.header).toEqual(header);
});
