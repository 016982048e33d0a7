import { expect, test } from "vitest";
import { SendQueue } from "./sendQueue.ts";

interface Sent {
  readonly data: string;
}

/** A queue whose sends are finished by hand. */
function queueOf(messages: number, characters = 1000) {
  const sent: string[] = [];
  const finish: (() => void)[] = [];
  const send = async ({ data }: Sent): Promise<number> => {
    sent.push(data);
    await new Promise<void>((resolve) => finish.push(resolve));
    return sent.length;
  };
  return { queue: new SendQueue<Sent>(send, { messages, characters }), sent, finish };
}

const settled = async (promises: Promise<unknown>[]): Promise<string[]> =>
  (await Promise.allSettled(promises)).map((result) =>
    result.status === "fulfilled" ? String(result.value) : (result.reason as { code: string }).code,
  );

test("messages are sent one at a time, in order", async () => {
  const { queue, sent, finish } = queueOf(10);
  const results = ["a", "b", "c"].map((data) => queue.push({ data }));
  expect(sent).toEqual(["a"]);
  finish[0]?.();
  await results[0];
  await Promise.resolve();
  expect(sent).toEqual(["a", "b"]);
  finish[1]?.();
  await results[1];
  await Promise.resolve();
  finish[2]?.();
  expect(await settled(results)).toEqual(["1", "2", "3"]);
});

test("when too many messages wait, the oldest are dropped, and never the one under way", async () => {
  const { queue, sent, finish } = queueOf(2);
  const results = ["a", "b", "c", "d"].map((data) => queue.push({ data }));
  const outcome = settled(results);
  expect(queue.length).toBe(2);
  for (let next = 0; next < 3; next++) {
    await expect.poll(() => finish.length).toBe(next + 1);
    finish[next]?.();
  }
  expect(await outcome).toEqual(["1", "QUEUE_FULL", "2", "3"]);
  expect(sent).toEqual(["a", "c", "d"]);
});

test("the amount of data is bounded too, and one large message is still sent", async () => {
  const { queue, finish } = queueOf(10, 5);
  const results = ["a", "bb", "cc", "dddddd"].map((data) => queue.push({ data }));
  const outcome = settled(results);
  expect(queue.length).toBe(1);
  for (let next = 0; next < 2; next++) {
    await expect.poll(() => finish.length).toBe(next + 1);
    finish[next]?.();
  }
  expect(await outcome).toEqual(["1", "QUEUE_FULL", "QUEUE_FULL", "2"]);
});

test("a refused message does not stop the later ones", async () => {
  const queue = new SendQueue<Sent>(async ({ data }) =>
    data === "bad" ? Promise.reject(Object.assign(new Error(), { code: "NO" })) : Promise.resolve(7),
  );
  expect(await settled([queue.push({ data: "bad" }), queue.push({ data: "good" })])).toEqual(["NO", "7"]);
});
