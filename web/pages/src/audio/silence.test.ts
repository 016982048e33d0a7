import { expect, test } from "vitest";
import { element } from "./ebml.ts";
import { isSilent } from "./silence.ts";
import { WEBM_OPUS, WebmRecording } from "./webmRecording.ts";

/** Returns a chunk of packets of 60 ms with these sizes. */
function chunkOf(...sizes: number[]): Uint8Array {
  const recording = new WebmRecording(element(0x1a45dfa3, new Uint8Array(20)), 0x81);
  return recording.firstChunk(sizes.map((size, index) => ({ time: index * 60, data: new Uint8Array(size) })))
    .chunk;
}

test("a chunk is silent only if no packet has the bytes of speech", () => {
  expect(isSilent(chunkOf(74, 77, 80), WEBM_OPUS)).toBe(true);
  expect(isSilent(chunkOf(74, 198, 74), WEBM_OPUS)).toBe(false);
  expect(isSilent(chunkOf(3), WEBM_OPUS)).toBe(false);
  expect(isSilent(new Uint8Array(), WEBM_OPUS)).toBe(false);
});

test("of another format nothing counts as silence", () => {
  expect(isSilent(chunkOf(3, 3), "audio/mp4")).toBe(false);
});
