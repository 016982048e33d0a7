import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { GapProbe } from "./gapProbe.ts";
import { DEFAULT_TIMINGS } from "./timings.ts";

const MINUTE = 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The minutes in which it asked, with a watch that goes on after each time. */
function watched() {
  const asked: number[] = [];
  const start = Date.now();
  const silence = new GapProbe(DEFAULT_TIMINGS.silence, () => {
    asked.push(Math.floor((Date.now() - start) / MINUTE));
    silence.watch();
  });
  silence.watch();
  return { silence, asked };
}

test("while nothing comes it asks less and less often, and never twice in a minute", () => {
  const { silence, asked } = watched();
  vi.advanceTimersByTime(60 * MINUTE);
  silence.stop();
  expect(new Set(asked).size).toBe(asked.length);
  expect(asked[0]).toBeGreaterThanOrEqual(1);
  expect(asked.length).toBeGreaterThanOrEqual(60 / 8);
  expect(asked.length).toBeLessThanOrEqual(2 + 60 / 5);
});

test("what is heard puts the asking off, and begins the waits anew", () => {
  const { silence, asked } = watched();
  vi.advanceTimersByTime(60 * MINUTE);
  asked.length = 0;
  for (let messages = 0; messages < 100; messages++) {
    silence.heard();
    vi.advanceTimersByTime(MINUTE - 1);
  }
  expect(asked).toEqual([]);
  vi.advanceTimersByTime(MINUTE);
  silence.stop();
  expect(asked.length).toBe(1);
});
