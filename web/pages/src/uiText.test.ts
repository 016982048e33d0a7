import { expect, test } from "vitest";
import { ERROR_CODES, SessionError } from "websocket-sessions";
import { durationText, connectionText, failureText } from "./uiText.ts";

test("every error code has its own text, except those that only a bug can cause", () => {
  const withoutText = ERROR_CODES.filter(
    (code) => failureText(new SessionError(code, "technical")) === "technical",
  );
  expect(withoutText).toEqual(["INVALID_MESSAGE", "UNKNOWN_ACTION"]);
});

test.each([
  [-5, "0:00"],
  [5_900, "0:05"],
  [754_000, "12:34"],
  [3_723_000, "1:02:03"],
])("%i ms are shown as %s", (milliseconds, text) => {
  expect(durationText(milliseconds)).toBe(text);
});

test("a time limit that passed because no WebSocket opened names the firewall", () => {
  const cause = new SessionError("UPGRADE_FAILED", "");
  expect(failureText(new SessionError("TIMEOUT", "", { cause }))).toMatch(/firewall/);
});

test("a lost connection shows the time until the next attempt", () => {
  const error = new SessionError("CONNECTION_LOST", "");
  const state = { name: "waitingToRetry", attempt: 1, retryAt: 10_000, error } as const;
  expect(connectionText(state, 7_500)).toBe("Connection lost, retrying in 3 s");
  expect(connectionText(state, 10_000)).toBe("Connection lost, retrying…");
});
