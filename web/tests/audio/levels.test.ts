import { expect, test } from "vitest";
import { playbackRate } from "../../src/audio/catchUp.ts";
import { loudness } from "../../src/audio/levelMeter.ts";

test("silence shows nothing and full scale everything", () => {
  expect(loudness(new Float32Array(100))).toBe(0);
  expect(loudness(new Float32Array(100).fill(1))).toBe(1);
});

test("half of the decibels show as half of the meter", () => {
  expect(loudness(new Float32Array(100).fill(10 ** (-30 / 20)))).toBeCloseTo(0.5);
});

test("what waits is caught up with a little faster, never skipped", () => {
  expect([0, 1, 2, 4, 7, 60].map(playbackRate)).toEqual([1, 1, 1, 1.1, 1.25, 1.25]);
});
