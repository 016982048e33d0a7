import { describe, expect, onTestFinished, test, vi } from "vitest";
import { SessionCreationOrchestrator, type SpeakerService } from "./index.ts";
import type { Fault, FakeServer } from "../testSupport/fakeServer.ts";
import { error } from "../testSupport/fakeSession.ts";
import { atEnd, createSpeaker, options, startFakeServer, token } from "../testSupport/harness.ts";

const BODY = { sourceLanguage: "en", quality: "standard" } as const;

/** Faults for the first `createSession`s that come, one after the other. */
function faults(server: FakeServer, ...planned: Fault[]): void {
  server.fault = ({ action }) => (action === "createSession" ? planned.shift() : undefined);
}

async function resumeSpeaker(server: FakeServer, timings: object = {}): Promise<SpeakerService> {
  const orchestrator = new SessionCreationOrchestrator(options(server, timings));
  const speaker = await orchestrator.resumeSession("caring-king-275");
  atEnd(() => speaker.connection.close());
  return speaker;
}

describe("one click creates exactly one session", () => {
  const lateReplies: Fault[] = ["lose", "lose"];
  test.each<[string, Fault[]]>([
    ["all goes well", []],
    ["the connection is lost before the request is processed", ["dropBefore"]],
    ["the connection is lost before the reply", ["dropAfter"]],
    ["it is lost several times", ["dropBefore", "dropAfter", "dropAfter", "dropBefore"]],
    ["replies do not come", lateReplies],
    ["the server is unavailable for a moment", [{ reply: error("UNAVAILABLE") }]],
  ])("when %s", async (_, planned) => {
    const server = await startFakeServer();
    faults(server, ...planned);
    const speaker = await createSpeaker(server, { replyTimeoutMs: 50 });
    expect(speaker.sessionId).toBe("caring-king-275");
    expect([...server.session.created.values()]).toEqual(["caring-king-275"]);
  });
});

test("two calls create two sessions", async () => {
  const server = await startFakeServer();
  await createSpeaker(server);
  await createSpeaker(server);
  expect(server.session.created.size).toBe(2);
});

test.each(["UNAUTHORIZED", "FORBIDDEN", "UNSUPPORTED_LANGUAGE", "INVALID_QUALITY"] as const)(
  "%s is reported at once",
  async (code) => {
    const server = await startFakeServer();
    server.fault = ({ requestId }) => ({ reply: error(code, requestId) });
    await expect(createSpeaker(server)).rejects.toMatchObject({ code });
    expect(server.requests("createSession").length).toBeLessThanOrEqual(2);
  },
);

test("a refused token is reported, and no session is created over HTTP either", async () => {
  const server = await startFakeServer();
  server.invalidTokens.add(token("speaker"));
  const orchestrator = new SessionCreationOrchestrator({ ...options(server), httpUrl: server.httpUrl });
  await expect(orchestrator.createSession(BODY)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  expect(server.session.created.size).toBe(0);
});

test("it ends with TIMEOUT when no attempt succeeds in time", async () => {
  const server = await startFakeServer();
  server.refuseUpgrades = 503;
  const orchestrator = new SessionCreationOrchestrator(options(server));
  await expect(orchestrator.createSession(BODY, { timeoutMs: 100 })).rejects.toMatchObject({
    code: "TIMEOUT",
  });
});

test("it can be aborted, and then leaves no connection open", async () => {
  const server = await startFakeServer();
  server.fault = () => "lose";
  const abort = new AbortController();
  const creation = new SessionCreationOrchestrator(options(server)).createSession(BODY, {
    signal: abort.signal,
  });
  await expect.poll(() => server.requests("createSession").length).toBe(1);
  abort.abort(new Error("changed my mind"));
  await expect(creation).rejects.toThrow("changed my mind");
});

test("a signal that has aborted already counts too", async () => {
  const server = await startFakeServer();
  const orchestrator = new SessionCreationOrchestrator(options(server));
  const signal = AbortSignal.abort(new Error("too late"));
  await expect(orchestrator.createSession(BODY, { signal })).rejects.toThrow("too late");
  expect(server.connections).toEqual([]);
});

describe("where no WebSocket can be opened", () => {
  test("the session is created over HTTP, and resumed over a WebSocket once one opens", async () => {
    const server = await startFakeServer();
    server.refuseUpgrades = 502;
    const orchestrator = new SessionCreationOrchestrator({ ...options(server), httpUrl: server.httpUrl });
    const speaker = await orchestrator.createSession(BODY);
    atEnd(() => speaker.connection.close());
    expect(speaker.sessionId).toBe("caring-king-275");
    expect(speaker.connection.state.value.name).not.toBe("open");

    const published = speaker.publish({ data: "published while disconnected" });
    server.refuseUpgrades = undefined;
    expect(await published).toBe(1);
    expect(server.requests("resumeSession")[0]?.sessionId).toBe("caring-king-275");
    expect(server.requests("createSession")).toEqual([]);
  });

  test("a lost WebSocket alone does not lead to HTTP", async () => {
    const server = await startFakeServer();
    faults(server, "dropBefore", "dropBefore", "dropBefore", "dropBefore");
    const orchestrator = new SessionCreationOrchestrator({ ...options(server), httpUrl: server.httpUrl });
    const speaker = await orchestrator.createSession(BODY);
    atEnd(() => speaker.connection.close());
    expect(server.posts).toBe(0);
  });

  test("an earlier createSession on a WebSocket and the HTTP request create one session", async () => {
    const server = await startFakeServer();
    server.fault = ({ action }) => {
      if (action !== "createSession") return undefined;
      server.refuseUpgrades = 502;
      return "dropAfter";
    };
    const orchestrator = new SessionCreationOrchestrator({ ...options(server), httpUrl: server.httpUrl });
    const speaker = await orchestrator.createSession(BODY);
    atEnd(() => speaker.connection.close());
    expect(server.session.created.size).toBe(1);
  });
});

test("a reply over HTTP after the WebSocket's reply changes nothing", async () => {
  const server = await startFakeServer();
  server.refuseUpgrades = 502;
  let answer: () => void = () => undefined;
  const { fetch } = globalThis;
  vi.stubGlobal("fetch", async (...request: Parameters<typeof fetch>) => {
    const response = await fetch(...request);
    if (request[1]?.method === "POST") await new Promise<void>((resolve) => (answer = resolve));
    return response;
  });
  onTestFinished(() => void vi.unstubAllGlobals());
  const orchestrator = new SessionCreationOrchestrator({ ...options(server), httpUrl: server.httpUrl });
  const creation = orchestrator.createSession(BODY);
  await expect.poll(() => server.posts).toBe(1);
  server.refuseUpgrades = undefined;
  const speaker = await creation;
  atEnd(() => speaker.connection.close());
  const { generation } = speaker.state.value;
  const seen: number[] = [];
  speaker.state.subscribe((state) => seen.push(state.generation));
  answer();
  await speaker.publish({ data: "later" });
  expect(new Set(seen)).toEqual(new Set([generation]));
});

describe("the user's own session is resumed", () => {
  test("and new messages follow those in its log", async () => {
    const server = await startFakeServer();
    const before = await createSpeaker(server);
    await before.publish({ data: "m1" });
    server.connections[0]?.drop();
    before.connection.close();
    const speaker = await resumeSpeaker(server);
    expect(speaker.state.value).toMatchObject({ sessionId: before.sessionId, offset: 1, generation: 2 });
    expect(await speaker.publish({ data: "m2" })).toBe(2);
    expect(server.session.log.map(({ data }) => data)).toEqual(["m1", "m2"]);
    expect(server.requests("createSession").length).toBe(1);
  });

  test("and resumed again after a lost connection", async () => {
    const server = await startFakeServer();
    const speaker = await resumeSpeaker(server);
    server.connections[0]?.drop();
    expect(await speaker.publish({ data: "m1" })).toBe(1);
    expect(server.requests("resumeSession").map(({ sessionId }) => sessionId)).toEqual([
      "caring-king-275",
      "caring-king-275",
    ]);
  });

  test.each<[string, Fault[]]>([
    ["the connection is lost before the request is processed", ["dropBefore"]],
    ["the connection is lost before the reply", ["dropAfter", "dropAfter"]],
    ["replies do not come", ["lose"]],
    ["the server is unavailable for a moment", [{ reply: error("UNAVAILABLE") }]],
  ])("when %s", async (_, planned) => {
    const server = await startFakeServer();
    server.fault = ({ action }) => (action === "resumeSession" ? planned.shift() : undefined);
    const speaker = await resumeSpeaker(server, { replyTimeoutMs: 50 });
    expect(await speaker.publish({ data: "m1" })).toBe(1);
  });

  test("and the connection that spoke before stops", async () => {
    const server = await startFakeServer();
    const older = await createSpeaker(server);
    const newer = await resumeSpeaker(server);
    const closed = await older.connection.state.until(({ name }) => name === "closed");
    expect(closed).toMatchObject({ error: { code: "REPLACED" } });
    await expect(older.publish({ data: "too late" })).rejects.toMatchObject({ code: "REPLACED" });
    expect(older.state.value.status).toBe("active");
    expect(await newer.publish({ data: "m1" })).toBe(1);
  });

  test.each(["SESSION_ENDED", "SESSION_NOT_FOUND", "FORBIDDEN"] as const)(
    "unless the server answers %s, which is reported at once",
    async (code) => {
      const server = await startFakeServer();
      server.fault = ({ requestId }) => ({ reply: error(code, requestId) });
      await expect(resumeSpeaker(server)).rejects.toMatchObject({ code });
      expect(server.requests("resumeSession").length).toBe(1);
    },
  );

  test("and no session is created over HTTP if no WebSocket opens", async () => {
    const server = await startFakeServer();
    server.refuseUpgrades = 502;
    const orchestrator = new SessionCreationOrchestrator({ ...options(server), httpUrl: server.httpUrl });
    const resumption = orchestrator.resumeSession("caring-king-275", { timeoutMs: 200 });
    await expect(resumption).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(server.posts).toBe(0);
  });
});
