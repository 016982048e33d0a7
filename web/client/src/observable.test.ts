import { expect, test } from "vitest";
import { Observable } from "./index.ts";

test("a change that a subscriber makes reaches every subscriber after the one that it answers", () => {
  const count = new Observable(0);
  const seen: number[] = [];
  count.subscribe((value) => {
    if (value === 1) count.set(2);
  });
  count.subscribe((value) => seen.push(value));
  count.set(1);
  expect(seen).toEqual([0, 1, 2]);
  expect(count.value).toBe(2);
});
