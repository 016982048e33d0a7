import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffDelay, retryDelay } from "./backoff.ts";

const BOUNDS = { baseMs: 500, capMs: 20_000 };

test("a wait is never negative and never above the cap, after any number of failures", () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
      const wait = backoffDelay(attempt, BOUNDS, () => random);
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(BOUNDS.capMs);
    }),
  );
});

test("the upper bound doubles with each attempt until the cap", () => {
  const upper = [0, 1, 2, 3, 10].map((attempt) => backoffDelay(attempt, BOUNDS, () => 1));
  expect(upper).toEqual([500, 1000, 2000, 4000, 20_000]);
});

test("jitter is full: the range starts at 0", () => {
  expect(backoffDelay(5, BOUNDS, () => 0)).toBe(0);
});

test("a client never returns before retryAfter, and clients with the same one spread over as long again", () => {
  const waits = [0, 0.25, 0.999].map((random) => retryDelay(2000, 0, BOUNDS, () => random));
  expect(waits).toEqual([2000, 2500, 3998]);
});

test("without retryAfter the wait is a backoff", () => {
  expect(retryDelay(undefined, 2, BOUNDS, () => 0.5)).toBe(1000);
});
