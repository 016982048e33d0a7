import { expect, test } from "vitest";
import { removeStoredSession, readStoredSession, storeSession } from "./storedSession.ts";
import { memoryStorage } from "./memoryStorage.ts";

const SESSION = { sessionId: "caring-king-275", owner: "the speaker", muted: false };
const OTHER = { ...SESSION, sessionId: "dapper-zebra-814" };

/** Returns the storages of two tabs in one browser, and of a tab that is opened later. */
function tabs() {
  const browser = memoryStorage();
  const [first, second, later] = [memoryStorage(), memoryStorage(), memoryStorage()];
  return {
    first: [() => first, () => browser],
    second: [() => second, () => browser],
    later: [() => later, () => browser],
  };
}

test("a tab finds its own session, even if another tab speaks in another one", () => {
  const { first, second } = tabs();
  storeSession(SESSION, first);
  storeSession(OTHER, second);
  expect(readStoredSession(first)).toEqual(SESSION);
  expect(readStoredSession(second)).toEqual(OTHER);
});

test("a new tab finds the browser's latest session", () => {
  const { first, later } = tabs();
  storeSession({ ...SESSION, muted: true }, first);
  expect(readStoredSession(later)).toEqual({ ...SESSION, muted: true });
});

test("removing a session removes it from every storage and keeps the others", () => {
  const { first, second, later } = tabs();
  storeSession(SESSION, first);
  storeSession(OTHER, second);
  removeStoredSession(SESSION.sessionId, first);
  expect(readStoredSession(first)).toEqual(OTHER);
  removeStoredSession(OTHER.sessionId, second);
  expect(readStoredSession(later)).toBeUndefined();
});

test.each(["not json", "null", "7", "{}", '{"sessionId": 7, "owner": "x"}'])(
  "a foreign entry (%s) is ignored",
  (entry) => {
    expect(readStoredSession([() => memoryStorage(entry)])).toBeUndefined();
  },
);

test("forbidden storage throws no error", () => {
  const forbidden = [
    (): never => {
      throw new DOMException("no", "SecurityError");
    },
  ];
  storeSession(SESSION, forbidden);
  removeStoredSession(SESSION.sessionId, forbidden);
  expect(readStoredSession(forbidden)).toBeUndefined();
});
