import { expect, test } from "vitest";
import { forget, recall, remember } from "../../src/pages/speaker/remembered.ts";
import { memory } from "./memory.ts";

const SESSION = { sessionId: "caring-king-275", owner: "the speaker", muted: false };
const OTHER = { ...SESSION, sessionId: "dapper-zebra-814" };

/** Two tabs of one browser, and one that is opened later. */
function tabs() {
  const browser = memory();
  const [first, second, later] = [memory(), memory(), memory()];
  return {
    first: [() => first, () => browser],
    second: [() => second, () => browser],
    later: [() => later, () => browser],
  };
}

test("a tab finds its own session again, also where another tab speaks in another one", () => {
  const { first, second } = tabs();
  remember(SESSION, first);
  remember(OTHER, second);
  expect(recall(first)).toEqual(SESSION);
  expect(recall(second)).toEqual(OTHER);
});

test("a new tab finds the latest session of the browser", () => {
  const { first, later } = tabs();
  remember({ ...SESSION, muted: true }, first);
  expect(recall(later)).toEqual({ ...SESSION, muted: true });
});

test("a session is forgotten everywhere, and no other with it", () => {
  const { first, second, later } = tabs();
  remember(SESSION, first);
  remember(OTHER, second);
  forget(SESSION.sessionId, first);
  expect(recall(first)).toEqual(OTHER);
  forget(OTHER.sessionId, second);
  expect(recall(later)).toBeUndefined();
});

test.each(["not json", "null", "7", "{}", '{"sessionId": 7, "owner": "x"}'])(
  "what others left there (%s) is passed over",
  (kept) => {
    expect(recall([() => memory(kept)])).toBeUndefined();
  },
);

test("a browser that forbids storage does not stop the page", () => {
  const forbidden = [
    (): never => {
      throw new DOMException("no", "SecurityError");
    },
  ];
  remember(SESSION, forbidden);
  forget(SESSION.sessionId, forbidden);
  expect(recall(forbidden)).toBeUndefined();
});
