import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { SessionError } from "websocket-sessions";
import { closedSessionNotice, resumeOrSetUp } from "./resumeFlow.ts";
import { readStoredSession, storeSession } from "./storedSession.ts";
import { memoryStorage } from "./memoryStorage.ts";

const SESSION = { sessionId: "caring-king-275", owner: "the speaker", muted: false };
const HTTP = "https://example.com/live";
const speaker = { id: "the speaker", name: "speaker@example.com" };
const token = async (): Promise<string> => Promise.resolve("head.payload.signature");

/** The notices that came after the session had been offered. */
const late: unknown[] = [];

const nextStep = async (user = speaker): ReturnType<typeof resumeOrSetUp> =>
  resumeOrSetUp(user, HTTP, token, (notice) => late.push(notice));

/** Stubs the HTTP API's answer to the lookup. */
function stubLookup(answer: () => Response): void {
  vi.stubGlobal("fetch", async () => Promise.resolve(answer()));
}

beforeEach(() => {
  late.length = 0;
  vi.stubGlobal("sessionStorage", memoryStorage());
  vi.stubGlobal("localStorage", memoryStorage());
  storeSession(SESSION);
});
afterEach(() => vi.unstubAllGlobals());

test("without a stored session the user sets a new one up", async () => {
  vi.stubGlobal("sessionStorage", memoryStorage());
  vi.stubGlobal("localStorage", memoryStorage());
  expect(await nextStep()).toEqual({ step: "setup" });
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
  expect(await nextStep()).toEqual({ step: "resume", storedSession: SESSION });
  expect(readStoredSession()).toEqual(SESSION);
});

test.each<[string, () => Response]>([
  ["has ended", () => Response.json({ status: "ended" })],
  ["no longer exists", () => Response.json({ status: 404 }, { status: 404 })],
])("a session that %s is announced once and removed", async (_, answer) => {
  stubLookup(answer);
  const { step, alert } = await nextStep();
  expect(step).toBe("setup");
  expect(alert).toMatch(/caring-king-275 has ended/);
  expect(await nextStep()).toEqual({ step: "setup" });
});

test("a session that has ended is offered until a late answer says so, and is then removed", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let answer: (response: Response) => void = () => undefined;
  vi.stubGlobal("fetch", async () => new Promise<Response>((resolve) => (answer = resolve)));
  const next = nextStep();
  await vi.advanceTimersByTimeAsync(3000);
  expect(await next).toEqual({ step: "resume", storedSession: SESSION });
  expect(late).toEqual([]);
  answer(Response.json({ status: "ended" }));
  await vi.waitUntil(() => late.length > 0);
  expect(late).toMatchObject([{ step: "setup", alert: expect.stringMatching(/has ended/) as string }]);
  expect(readStoredSession()).toBeUndefined();
});

test("a session of another account is announced and removed", async () => {
  const { step, alert } = await nextStep({ id: "someone else", name: "x" });
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
