import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { GapProbe } from "./gapProbe.ts";
import { DEFAULT_TIMINGS } from "./timings.ts";

const MINUTE = 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The minutes in which it asked, with a watch that goes on after each time. */
function startedProbe() {
  const asked: number[] = [];
  const start = Date.now();
  const gapProbe = new GapProbe(DEFAULT_TIMINGS.gapProbe, () => {
    asked.push(Math.floor((Date.now() - start) / MINUTE));
    gapProbe.start();
  });
  gapProbe.start();
  return { gapProbe, asked };
}

test("during silence it asks less and less often, and never twice in a minute", () => {
  const { gapProbe, asked } = startedProbe();
  vi.advanceTimersByTime(60 * MINUTE);
  gapProbe.stop();
  expect(new Set(asked).size).toBe(asked.length);
  expect(asked[0]).toBeGreaterThanOrEqual(1);
  expect(asked.length).toBeGreaterThanOrEqual(60 / 8);
  expect(asked.length).toBeLessThanOrEqual(2 + 60 / 5);
});

test("a received message postpones the question and starts the shortest wait again", () => {
  const { gapProbe, asked } = startedProbe();
  vi.advanceTimersByTime(60 * MINUTE);
  asked.length = 0;
  for (let messages = 0; messages < 100; messages++) {
    gapProbe.onReceived();
    vi.advanceTimersByTime(MINUTE - 1);
  }
  expect(asked).toEqual([]);
  vi.advanceTimersByTime(MINUTE);
  gapProbe.stop();
  expect(asked.length).toBe(1);
});
