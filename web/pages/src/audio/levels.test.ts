import { expect, test } from "vitest";
import { longerJitterBuffer, MAX_JITTER_BUFFER_SECONDS, playbackRate, shownLagSeconds } from "./catchUp.ts";
import { loudness } from "./levelMeter.ts";

test("silence is 0 and full scale is 1", () => {
  expect(loudness(new Float32Array(100))).toBe(0);
  expect(loudness(new Float32Array(100).fill(1))).toBe(1);
});

test("half of the decibels fill half of the meter", () => {
  expect(loudness(new Float32Array(100).fill(10 ** (-30 / 20)))).toBeCloseTo(0.5);
});

test("buffered audio beyond the jitter buffer is played slightly faster", () => {
  const rates = [0, 0.5, 1, 1.2, 2, 5, 60].map((seconds) => playbackRate(seconds, 0.4));
  expect(rates).toEqual([1, 1, 1, 1.06, 1.1, 1.25, 1.25]);
});

test("each interruption doubles the jitter buffer, up to its maximum", () => {
  expect([0.4, 0.8, 1.6].map(longerJitterBuffer)).toEqual([0.8, 1.6, MAX_JITTER_BUFFER_SECONDS]);
});

test("a lag is shown when a listener notices it", () => {
  expect([0, 1, 2.4, 2.6, 12.2].map(shownLagSeconds)).toEqual([0, 0, 0, 3, 12]);
});
