import { expect, test } from "vitest";
import { STALL_MILLISECONDS, StallProbe } from "./stallProbe.ts";

const STEP_MILLISECONDS = 100;

/** A probe, a clock that the test moves, and the times at which the connection was checked. */
function probeAt({ spread = 1 } = {}): {
  stall: StallProbe;
  checkedAtMs: number[];
  pass: (milliseconds: number) => void;
} {
  let nowMs = 0;
  const checkedAtMs: number[] = [];
  const stall = new StallProbe({ probe: () => checkedAtMs.push(nowMs), spread, now: () => nowMs });
  const pass = (milliseconds: number): void => {
    for (const until = nowMs + milliseconds; nowMs < until; nowMs += STEP_MILLISECONDS) stall.check();
  };
  return { stall, checkedAtMs, pass };
}

test("the connection is checked when no sound has flowed for some seconds, then ever more rarely", () => {
  const { checkedAtMs, pass } = probeAt();
  pass(300_000);
  const waitsMs = checkedAtMs.map((atMs, index) => atMs - (checkedAtMs[index - 1] ?? 0));
  expect(waitsMs.slice(0, 5)).toEqual([1, 2, 4, 8, 16].map((factor) => factor * STALL_MILLISECONDS));
  expect(new Set(waitsMs.slice(5))).toEqual(new Set([60_000]));
});

test("sound that flows starts the shortest wait again, and so does a time without expected sound", () => {
  const { stall, checkedAtMs, pass } = probeAt();
  for (let sound = 0; sound < 20; sound++) {
    stall.onSound();
    pass(500);
  }
  for (let second = 0; second < 20; second++) {
    stall.restart();
    pass(1000);
  }
  expect(checkedAtMs).toEqual([]);
  const atMs = 20 * 500 + 20 * 1000;
  pass(STALL_MILLISECONDS);
  expect(checkedAtMs).toEqual([atMs - 1000 + STALL_MILLISECONDS]);
});

test("sound that flows in large intervals is awaited longer", () => {
  const { stall, checkedAtMs, pass } = probeAt();
  for (let batch = 0; batch < 5; batch++) {
    for (let message = 0; message < 10; message++) stall.onSound();
    pass(8000);
  }
  expect(checkedAtMs.filter((atMs) => atMs > 8000)).toEqual([]);
});

test("the members of an audience check at different times", () => {
  const first = Array.from({ length: 50 }, () => {
    const { checkedAtMs, pass } = probeAt({ spread: 2 });
    pass(2 * STALL_MILLISECONDS + STEP_MILLISECONDS);
    return checkedAtMs[0] ?? NaN;
  });
  expect(Math.min(...first)).toBeGreaterThanOrEqual(STALL_MILLISECONDS);
  expect(Math.max(...first)).toBeLessThanOrEqual(2 * STALL_MILLISECONDS);
  expect(new Set(first).size).toBeGreaterThan(10);
});
