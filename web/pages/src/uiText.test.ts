import { describe, expect, test } from "vitest";
import { ERROR_CODES, SessionError } from "websocket-sessions";
import { absenceText, durationText, connectionText, failureText, progressText } from "./uiText.ts";

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

describe("a person who waits for a session", () => {
  const connecting = { name: "connecting", attempt: 0 } as const;

  test("reads nothing during the first seconds", () => {
    expect(progressText(connecting, 10_000, 14_999)).toBe("");
  });

  test("reads after 5 seconds that the connection does not open, and that the page still tries", () => {
    expect(progressText(connecting, 10_000, 15_000)).toMatch(/does not open yet\. The page still tries/);
  });

  test("reads the cause of the last failed attempt", () => {
    const error = new SessionError("UPGRADE_FAILED", "");
    const state = { name: "waitingToRetry", attempt: 1, retryAt: 20_000, error } as const;
    expect(progressText(state, 10_000, 15_000)).toMatch(
      /firewall may block WebSockets\. The page tries again/,
    );
  });

  test("reads nothing once the session is open, and while no session was asked for", () => {
    expect(progressText({ name: "open", since: 0 }, 10_000, 60_000)).toBe("");
    expect(progressText({ name: "idle" }, undefined, 60_000)).toBe("");
  });
});

test.each([
  [undefined, ""],
  ["2026-01-01T00:04:32Z", "The session ends in 4:32 if they do not return."],
  ["2025-12-31T23:59:59Z", "The session ends now unless they return."],
])("of a speaker with the grace period until %s the listener reads: %s", (graceEndsAt, text) => {
  expect(absenceText(graceEndsAt, Date.parse("2026-01-01T00:00:00Z"))).toBe(text);
});

test("a lost connection shows the time until the next attempt", () => {
  const error = new SessionError("CONNECTION_LOST", "");
  const state = { name: "waitingToRetry", attempt: 1, retryAt: 10_000, error } as const;
  expect(connectionText(state, 7_500)).toBe("Connection lost, retrying in 3 s");
  expect(connectionText(state, 10_000)).toBe("Connection lost, retrying…");
});
