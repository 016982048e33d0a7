import { expect, test } from "vitest";
import { loudness } from "./levelMeter.ts";

test("silence is 0 and full scale is 1", () => {
  expect(loudness(new Float32Array(100))).toBe(0);
  expect(loudness(new Float32Array(100).fill(1))).toBe(1);
});

test("half of the decibels fill half of the meter", () => {
  expect(loudness(new Float32Array(100).fill(10 ** (-30 / 20)))).toBeCloseTo(0.5);
});
