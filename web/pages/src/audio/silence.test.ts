import { expect, test } from "vitest";
import { areSilent } from "./silence.ts";

const SAMPLE_RATE = 48_000;

/** Returns half a second of noise with this peak, and a sound of 20 ms with another one. */
function samplesOf(noise: number, sound = 0): Float32Array {
  const samples = new Float32Array(SAMPLE_RATE / 2);
  for (let n = 0; n < samples.length; n++) samples[n] = noise * Math.sin(n * n);
  for (let n = 0; n < 0.02 * SAMPLE_RATE; n++) samples[10_000 + n] = sound * Math.sin(n / 10);
  return samples;
}

test("the samples decide what is silent, so that encoder and bit rate do not matter", () => {
  expect(areSilent(samplesOf(0), SAMPLE_RATE)).toBe(true);
  expect(areSilent(samplesOf(0.003), SAMPLE_RATE)).toBe(true);
  expect(areSilent(samplesOf(0.1), SAMPLE_RATE)).toBe(false);
});

test("one short sound makes half a second audible", () => {
  expect(areSilent(samplesOf(0.003, 0.05), SAMPLE_RATE)).toBe(false);
});

test("no samples are no silence", () => {
  expect(areSilent(new Float32Array(), SAMPLE_RATE)).toBe(false);
});
