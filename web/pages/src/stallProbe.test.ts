import { expect, test } from "vitest";
import { STALL_MILLISECONDS, StallProbe } from "./stallProbe.ts";

/** A probe, a clock that the test moves, and the times at which the connection was checked. */
function probeAt(): { stall: StallProbe; checkedAtMs: number[]; pass: (milliseconds: number) => void } {
  let nowMs = 0;
  const checkedAtMs: number[] = [];
  const stall = new StallProbe(
    () => checkedAtMs.push(nowMs),
    () => nowMs,
  );
  const pass = (milliseconds: number): void => {
    for (const until = nowMs + milliseconds; nowMs < until; nowMs += 100) stall.check();
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

test("sound that flows starts the shortest wait again", () => {
  const { stall, checkedAtMs, pass } = probeAt();
  pass(STALL_MILLISECONDS);
  stall.restart();
  pass(STALL_MILLISECONDS);
  expect(checkedAtMs).toEqual([]);
  stall.restart();
  pass(STALL_MILLISECONDS + 100);
  expect(checkedAtMs).toEqual([3 * STALL_MILLISECONDS]);
});
