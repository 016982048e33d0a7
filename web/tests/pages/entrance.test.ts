import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SessionError } from "../../src/client/index.ts";
import { enter, farewell } from "../../src/pages/speaker/entrance.ts";
import { recall, remember } from "../../src/pages/speaker/remembered.ts";
import { memory } from "./memory.ts";

const SESSION = { sessionId: "caring-king-275", owner: "the speaker", muted: false };
const HTTP = "https://example.com/live";
const speaker = { id: "the speaker", name: "speaker@example.com" };
const token = async (): Promise<string> => Promise.resolve("head.payload.signature");

/** What the HTTP API says of the session. */
function answers(answer: () => Response): void {
  vi.stubGlobal("fetch", async () => Promise.resolve(answer()));
}

beforeEach(() => {
  vi.stubGlobal("sessionStorage", memory());
  vi.stubGlobal("localStorage", memory());
  remember(SESSION);
});
afterEach(() => vi.unstubAllGlobals());

test("who spoke in no session makes a new one", async () => {
  vi.stubGlobal("sessionStorage", memory());
  vi.stubGlobal("localStorage", memory());
  expect(await enter(speaker, HTTP, token)).toEqual({ step: "setup" });
});

test.each<[string, () => Response]>([
  ["runs", () => Response.json({ status: "active" })],
  ["is paused", () => Response.json({ status: "paused" })],
  ["cannot be asked for", () => Response.error()],
  ["cannot be looked up just now", () => Response.json({ status: 503 }, { status: 503 })],
])("a session that %s is offered, and remembered further on", async (_, answer) => {
  answers(answer);
  expect(await enter(speaker, HTTP, token)).toEqual({ step: "resume", remembered: SESSION });
  expect(recall()).toEqual(SESSION);
});

test.each<[string, () => Response]>([
  ["has ended", () => Response.json({ status: "ended" })],
  ["is gone", () => Response.json({ status: 404 }, { status: 404 })],
])("a session that %s is told of once, and forgotten", async (_, answer) => {
  answers(answer);
  const { step, alert } = await enter(speaker, HTTP, token);
  expect(step).toBe("setup");
  expect(alert).toMatch(/caring-king-275 is over/);
  expect(await enter(speaker, HTTP, token)).toEqual({ step: "setup" });
});

test("a session of another account is told of, and forgotten", async () => {
  const { step, alert } = await enter({ id: "someone else", name: "x" }, HTTP, token);
  expect(step).toBe("setup");
  expect(alert).toMatch(/belongs to another account/);
  expect(recall()).toBeUndefined();
});

test.each(["SESSION_ENDED", "SESSION_NOT_FOUND", "FORBIDDEN"] as const)(
  "%s ends all hope of taking the session up",
  (code) => {
    expect(farewell(SESSION.sessionId, new SessionError(code, ""))?.step).toBe("setup");
    expect(recall()).toBeUndefined();
  },
);

test.each(["TIMEOUT", "CONNECTION_LOST", "TOKEN_EXPIRED", "UNAVAILABLE"] as const)(
  "%s leaves the session remembered",
  (code) => {
    expect(farewell(SESSION.sessionId, new SessionError(code, ""))).toBeUndefined();
    expect(recall()).toEqual(SESSION);
  },
);
