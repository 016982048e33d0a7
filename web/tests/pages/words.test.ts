import { expect, test } from "vitest";
import { ERROR_CODES, SessionError } from "../../src/client/index.ts";
import { clockWords, connectionWords, failureWords } from "../../src/pages/words.ts";

test("every error code of the protocol has words of its own, except the ones only a bug can cause", () => {
  const wordless = ERROR_CODES.filter(
    (code) => failureWords(new SessionError(code, "technical")) === "technical",
  );
  expect(wordless).toEqual(["INVALID_MESSAGE", "UNKNOWN_ACTION"]);
});

test.each([
  [-5, "0:00"],
  [5_900, "0:05"],
  [754_000, "12:34"],
  [3_723_000, "1:02:03"],
])("%i ms are shown as %s", (milliseconds, words) => {
  expect(clockWords(milliseconds)).toBe(words);
});

test("a lost connection says when the next try is", () => {
  const error = new SessionError("CONNECTION_LOST", "");
  const state = { name: "waitingToRetry", attempt: 1, retryAt: 10_000, error } as const;
  expect(connectionWords(state, 7_500)).toBe("Connection lost, next try in 3 s");
  expect(connectionWords(state, 10_000)).toBe("Connection lost, trying again…");
});
