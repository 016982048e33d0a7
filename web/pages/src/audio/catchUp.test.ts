import { expect, test } from "vitest";
import {
  Headroom,
  MAX_HEADROOM_SECONDS,
  MIN_HEADROOM_SECONDS,
  playbackRate,
  shownLagSeconds,
  skipsSilence,
} from "./catchUp.ts";

/** A headroom, and a clock that the test moves. */
function headroomAt(): { headroom: Headroom; arrive: (leftSeconds: number, afterMs?: number) => void } {
  let nowMs = 0;
  const headroom = new Headroom(() => nowMs);
  const arrive = (leftSeconds: number, afterMs = 500): void => {
    nowMs += afterMs;
    headroom.onArrival(leftSeconds);
  };
  return { headroom, arrive };
}

test("what is left beyond the headroom at every recent arrival is a surplus", () => {
  const { headroom, arrive } = headroomAt();
  arrive(2);
  expect(headroom.surplusSeconds).toBe(0);
  arrive(1.15);
  expect(headroom.surplusSeconds).toBeCloseTo(1);
  arrive(MIN_HEADROOM_SECONDS);
  expect(headroom.surplusSeconds).toBe(0);
  for (let chunk = 0; chunk < 5; chunk++) arrive(1.15);
  expect(headroom.surplusSeconds).toBeCloseTo(1);
  headroom.onSkip();
  expect(headroom.surplusSeconds).toBe(0);
});

test("each interruption raises the headroom up to its maximum, and calm takes it back", () => {
  const { headroom, arrive } = headroomAt();
  const grown = Array.from({ length: 8 }, () => {
    headroom.onInterruption();
    return headroom.seconds;
  });
  expect(grown[0]).toBeCloseTo(0.225);
  expect(grown[1]).toBeCloseTo(0.3375);
  expect(grown.slice(5)).toEqual([MAX_HEADROOM_SECONDS, MAX_HEADROOM_SECONDS, MAX_HEADROOM_SECONDS]);
  arrive(1, 4_999);
  expect(headroom.seconds).toBe(MAX_HEADROOM_SECONDS);
  const shrunk = Array.from({ length: 5 }, () => {
    arrive(1, 5_000);
    return headroom.seconds;
  });
  expect(shrunk).toEqual([0.8, 0.4, 0.2, MIN_HEADROOM_SECONDS, MIN_HEADROOM_SECONDS]);
});

test("a surplus is played faster, the larger it is", () => {
  const rates = [0, 0.1, 0.5, 1, 1.6, 60].map(playbackRate);
  expect(rates).toEqual([1, 1, 1.225, 1.35, 1.5, 1.5]);
});

test("silence is skipped only while playback lags", () => {
  expect([0, 0.4, 0.6, 5].map(skipsSilence)).toEqual([false, false, true, true]);
});

test("a lag is shown when a listener notices it", () => {
  expect([0, 1, 2.4, 2.6, 12.2].map(shownLagSeconds)).toEqual([0, 0, 0, 3, 12]);
});
