import { expect, test } from "vitest";
import { Observable, type ConnectionState } from "websocket-sessions";
import { publishWhileFresh } from "./publishWhileFresh.ts";

const OPEN: ConnectionState = { name: "open", since: 0 };
const OFFLINE: ConnectionState = { name: "connecting", attempt: 1 };

/** A speaker whose publish is acknowledged by the test, or stopped. */
function publishing(expired: AbortSignal) {
  const state = new Observable<ConnectionState>(OPEN);
  let acknowledge: (offset: number) => void = () => undefined;
  const published = publishWhileFresh(
    {
      connection: { state },
      publish: async (_, { signal }) =>
        new Promise<number>((resolve, reject) => {
          acknowledge = resolve;
          signal.addEventListener("abort", () => reject(signal.reason as Error));
        }),
    },
    { data: "x" },
    expired,
  );
  return { state, published, acknowledge: (offset: number) => acknowledge(offset) };
}

test("content that expires on an open connection waits for its acknowledgement", async () => {
  const expiry = new AbortController();
  const { published, acknowledge } = publishing(expiry.signal);
  expiry.abort();
  acknowledge(7);
  expect(await published).toBe(7);
});

test("content that expires while the connection is lost is not repeated", async () => {
  const expiry = new AbortController();
  const { state, published } = publishing(expiry.signal);
  state.set(OFFLINE);
  expiry.abort();
  await expect(published).rejects.toBe(expiry.signal.reason);
});

test("content that had expired when the connection is lost is not repeated", async () => {
  const expiry = new AbortController();
  const { state, published } = publishing(expiry.signal);
  expiry.abort();
  state.set(OFFLINE);
  await expect(published).rejects.toBe(expiry.signal.reason);
});

test("content that is still fresh is repeated after the reconnection", async () => {
  const { state, published, acknowledge } = publishing(new AbortController().signal);
  state.set(OFFLINE);
  state.set(OPEN);
  acknowledge(8);
  expect(await published).toBe(8);
});
