import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SessionError } from "websocket-sessions";
import { closedSessionNotice, resumeOrSetUp } from "./resumeFlow.ts";
import { readStoredSession, storeSession } from "./storedSession.ts";
import { memoryStorage } from "./memoryStorage.ts";

const SESSION = { sessionId: "caring-king-275", owner: "the speaker", muted: false };
const HTTP = "https://example.com/live";
const speaker = { id: "the speaker", name: "speaker@example.com" };
const token = async (): Promise<string> => Promise.resolve("head.payload.signature");

/** Stubs the HTTP API's answer to the lookup. */
function stubLookup(answer: () => Response): void {
  vi.stubGlobal("fetch", async () => Promise.resolve(answer()));
}

beforeEach(() => {
  vi.stubGlobal("sessionStorage", memoryStorage());
  vi.stubGlobal("localStorage", memoryStorage());
  storeSession(SESSION);
});
afterEach(() => vi.unstubAllGlobals());

test("without a stored session the user sets a new one up", async () => {
  vi.stubGlobal("sessionStorage", memoryStorage());
  vi.stubGlobal("localStorage", memoryStorage());
  expect(await resumeOrSetUp(speaker, HTTP, token)).toEqual({ step: "setup" });
});

test.each<[string, () => Response]>([
  ["runs", () => Response.json({ status: "active" })],
  ["is paused", () => Response.json({ status: "paused" })],
  ["cannot be looked up", () => Response.error()],
  [
    "cannot be looked up because the service is unavailable",
    () => Response.json({ status: 503 }, { status: 503 }),
  ],
])("a session that %s is offered and stays stored", async (_, answer) => {
  stubLookup(answer);
  expect(await resumeOrSetUp(speaker, HTTP, token)).toEqual({ step: "resume", storedSession: SESSION });
  expect(readStoredSession()).toEqual(SESSION);
});

test.each<[string, () => Response]>([
  ["has ended", () => Response.json({ status: "ended" })],
  ["no longer exists", () => Response.json({ status: 404 }, { status: 404 })],
])("a session that %s is announced once and removed", async (_, answer) => {
  stubLookup(answer);
  const { step, alert } = await resumeOrSetUp(speaker, HTTP, token);
  expect(step).toBe("setup");
  expect(alert).toMatch(/caring-king-275 has ended/);
  expect(await resumeOrSetUp(speaker, HTTP, token)).toEqual({ step: "setup" });
});

test("a session of another account is announced and removed", async () => {
  const { step, alert } = await resumeOrSetUp({ id: "someone else", name: "x" }, HTTP, token);
  expect(step).toBe("setup");
  expect(alert).toMatch(/belongs to another account/);
  expect(readStoredSession()).toBeUndefined();
});

test.each(["SESSION_ENDED", "SESSION_NOT_FOUND", "FORBIDDEN"] as const)(
  "%s removes the stored session",
  (code) => {
    expect(closedSessionNotice(SESSION.sessionId, new SessionError(code, ""))?.step).toBe("setup");
    expect(readStoredSession()).toBeUndefined();
  },
);

test.each(["TIMEOUT", "CONNECTION_LOST", "TOKEN_EXPIRED", "UNAVAILABLE"] as const)(
  "%s keeps the stored session",
  (code) => {
    expect(closedSessionNotice(SESSION.sessionId, new SessionError(code, ""))).toBeUndefined();
    expect(readStoredSession()).toEqual(SESSION);
  },
);
