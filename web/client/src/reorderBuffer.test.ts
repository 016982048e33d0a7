import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReorderBuffer } from "./reorderBuffer.ts";
import type { SessionMessage } from "./protocol.generated.ts";

const EPOCH = "5f0c9a1e";

function message(offset: number, epoch = EPOCH): SessionMessage {
  return { type: "message", sessionId: "caring-king-275", epoch, offset, skipped: true };
}

function bufferAt(offset?: number): { buffer: ReorderBuffer; delivered: number[] } {
  const delivered: number[] = [];
  const buffer = new ReorderBuffer((next) => delivered.push(next.offset));
  if (offset !== undefined) buffer.jump({ epoch: EPOCH, offset });
  return { buffer, delivered };
}

const upTo = (count: number, from = 1): number[] => Array.from({ length: count }, (_, index) => from + index);

describe("whatever order messages come in, and however often", () => {
  const arrivals = fc
    .integer({ min: 1, max: 60 })
    .chain((count) =>
      fc.tuple(
        fc.constant(count),
        fc.shuffledSubarray(upTo(count), { minLength: count }),
        fc.array(fc.integer({ min: 1, max: count })),
      ),
    );

  test("each is delivered once and in order", () => {
    fc.assert(
      fc.property(arrivals, ([count, shuffled, repeated]) => {
        const { buffer, delivered } = bufferAt(0);
        for (const offset of [...shuffled, ...repeated]) buffer.accept(message(offset));
        expect(delivered).toEqual(upTo(count));
        expect(buffer.hasGap).toBe(false);
      }),
    );
  });

  test("those that arrive before the reply to the join wait for it, and only later offsets are delivered", () => {
    fc.assert(
      fc.property(arrivals, fc.nat(60), ([count, shuffled], start) => {
        const { buffer, delivered } = bufferAt();
        for (const offset of shuffled) buffer.accept(message(offset));
        expect(delivered).toEqual([]);
        buffer.jump({ epoch: EPOCH, offset: start });
        expect(delivered).toEqual(upTo(count).filter((offset) => offset > start));
      }),
    );
  });
});

test("a missing message is a gap until it arrives", () => {
  const { buffer, delivered } = bufferAt(10);
  buffer.accept(message(12));
  expect(buffer.hasGap).toBe(true);
  expect(delivered).toEqual([]);
  buffer.accept(message(11));
  expect(buffer.hasGap).toBe(false);
  expect(delivered).toEqual([11, 12]);
});

test("an offset that the server confirms is a gap if its message did not arrive", () => {
  const { buffer } = bufferAt(3);
  buffer.confirm(5);
  expect(buffer.hasGap).toBe(true);
});

test("a jump over lost messages delivers the held ones and continues after the jump", () => {
  const { buffer, delivered } = bufferAt(3);
  for (const offset of [6, 8, 12]) buffer.accept(message(offset));
  buffer.jump({ epoch: EPOCH, offset: 11 });
  expect(delivered).toEqual([6, 8, 12]);
  expect(buffer.position.value).toEqual({ epoch: EPOCH, offset: 12 });
});

test("messages of another epoch are dropped", () => {
  const { buffer, delivered } = bufferAt(3);
  buffer.accept(message(4, "00000000"));
  expect(delivered).toEqual([]);
  expect(buffer.hasGap).toBe(false);
});

test("the number of held messages is bounded, and a replay brings the others", () => {
  const { buffer, delivered } = bufferAt(0);
  for (const offset of upTo(1500, 2)) buffer.accept(message(offset));
  buffer.accept(message(1));
  expect(delivered).toEqual(upTo(1001));
  expect(buffer.hasGap).toBe(true);
  for (const offset of upTo(500, 1002)) buffer.accept(message(offset));
  expect(delivered).toEqual(upTo(1501));
});
