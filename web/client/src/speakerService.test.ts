import { describe, expect, test } from "vitest";
import { Observable, SpeakerConnection, SpeakerService, type CreatedSessionBody } from "./index.ts";
import { DEFAULT_TIMINGS } from "./timings.ts";
import {
  createSpeaker,
  follow,
  makeSignal,
  numbered,
  options,
  startFakeServer,
} from "../testSupport/harness.ts";
import { error } from "../testSupport/fakeSession.ts";

const CREATED: CreatedSessionBody = {
  sessionId: "caring-king-275",
  status: "active",
  sourceLanguage: "en",
  quality: "standard",
  version: 1,
  epoch: "5f0c9a1e",
  offset: 0,
  generation: 1,
  listeners: 0,
  maxListeners: 500,
  createdAt: "2026-01-01T00:00:00Z",
  expiresAt: "2026-01-02T00:00:00Z",
};

test("it starts from sessionCreated although the connection that brought it is closed", async () => {
  const server = await startFakeServer();
  const connection = new SpeakerConnection({
    ...options(server),
    attach: async () => Promise.resolve(undefined),
  });
  connection.close();
  const speaker = new SpeakerService(
    CREATED,
    connection,
    new Observable<CreatedSessionBody | undefined>(undefined),
  );
  expect(speaker.sessionId).toBe("caring-king-275");
  expect(speaker.state.value.status).toBe("active");
});

test("it starts from sessionCreated when the connection is lost right after it, and resumes", async () => {
  const server = await startFakeServer();
  const speaker = await createSpeaker(server);
  server.connections[0]?.drop();
  expect(await speaker.publish({ data: "hello" })).toBe(1);
  expect(speaker.state.value.generation).toBe(2);
});

describe("what is published is in the log once and in order", () => {
  test("across connections lost before and after the server processed it", async () => {
    const server = await startFakeServer();
    const faults = [
      "dropBefore",
      undefined,
      "dropAfter",
      "lose",
      undefined,
      "dropAfter",
      "dropBefore",
    ] as const;
    let publishes = 0;
    server.fault = ({ action }) => (action === "publish" ? faults[publishes++] : undefined);
    const speaker = await createSpeaker(server, { replyTimeoutMs: 50 });
    const offsets = await Promise.all(numbered(12).map(async (data) => speaker.publish({ data })));
    expect(server.session.log.map(({ data }) => data)).toEqual(numbered(12));
    expect(offsets).toEqual(server.session.log.map(({ offset }) => offset));
  });

  test("when replies arrive after their time limit", async () => {
    const server = await startFakeServer();
    server.fault = ({ action }) => (action === "publish" ? { late: 30 } : undefined);
    const speaker = await createSpeaker(server, { replyTimeoutMs: 20 });
    const offsets = await Promise.all(numbered(5).map(async (data) => speaker.publish({ data })));
    expect(offsets).toEqual([1, 2, 3, 4, 5]);
    expect(server.session.log.map(({ data }) => data)).toEqual(numbered(5));
    expect(server.requests("publish").length).toBeGreaterThan(5);
  });

  test("across handovers, without a delay", async () => {
    const server = await startFakeServer();
    const speaker = await createSpeaker(server, { handoverAgeMs: 30, handoverJitterMs: 0 });
    const names = follow(speaker.connection);
    const publishes: Promise<number>[] = [];
    while (server.connections.length < 4) {
      publishes.push(speaker.publish({ data: `m${publishes.length + 1}` }));
      await publishes.at(-1);
    }
    await Promise.all(publishes);
    expect(server.session.log.map(({ data }) => data)).toEqual(numbered(publishes.length));
    expect(names).not.toContain("waitingToRetry");
  });

  test("when the old connection is fenced before the new one gets its reply", async () => {
    const server = await startFakeServer();
    const { sent: fenced, send } = makeSignal();
    server.fault = (message, connection) => {
      if (message.action === "publish") send();
      const isHandover = message.action === "resumeSession" && connection.number === 1;
      return isHandover ? { late: fenced } : undefined;
    };
    const speaker = await createSpeaker(server);
    server.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
    await expect.poll(() => server.requests("resumeSession").length).toBe(1);
    expect(await speaker.publish({ data: "m1" })).toBe(1);
    expect(server.requests("publish").length).toBeGreaterThan(1);
  });
});

test("a handover whose outcome is unknown causes a reconnection and loses no message", async () => {
  const server = await startFakeServer();
  server.fault = (message, connection) => {
    if (message.action !== "resumeSession" || connection.number !== 1) return undefined;
    server.session.handle(message, connection);
    Object.assign(timings, { replyTimeoutMs: DEFAULT_TIMINGS.replyTimeoutMs });
    return "lose";
  };
  const speaker = await createSpeaker(server);
  const { timings } = speaker.connection;
  Object.assign(timings, { replyTimeoutMs: 60 }); // of the handover's request alone
  server.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
  await expect.poll(() => server.requests("resumeSession").length).toBeGreaterThan(0);
  const offsets = await Promise.all(numbered(3).map(async (data) => speaker.publish({ data })));
  expect(offsets).toEqual([1, 2, 3]);
  await expect.poll(() => server.connections.map((each) => each.isOpen())).toEqual([false, false, true]);
});

test("the state shows presence, pauses and the end", async () => {
  const server = await startFakeServer();
  const speaker = await createSpeaker(server);
  server.connections[0]?.push({ type: "presence", sessionId: speaker.sessionId, listeners: 3 });
  await speaker.state.until(({ listeners }) => listeners === 3);
  await speaker.pause();
  expect(speaker.state.value.status).toBe("paused");
  await speaker.resume();
  expect(speaker.state.value.status).toBe("active");
  await speaker.end();
  expect(speaker.state.value).toMatchObject({ status: "ended", endReason: "ended" });
  expect(speaker.connection.state.value.name).toBe("closed");
});

test("an older state is ignored, and an ended session stays ended", async () => {
  const server = await startFakeServer();
  const speaker = await createSpeaker(server);
  const { sessionId } = speaker;
  const statuses: string[] = [];
  speaker.state.subscribe(({ status }) => statuses.at(-1) !== status && statuses.push(status));
  for (const [status, version] of [
    ["paused", 9],
    ["active", 8],
    ["active", 9],
  ] as const)
    server.connections[0]?.push({ type: "sessionUpdated", sessionId, status, quality: "standard", version });
  server.connections[0]?.push({ type: "presence", sessionId, listeners: 3 });
  await speaker.state.until(({ listeners }) => listeners === 3);
  server.connections[0]?.drop();
  await speaker.state.until(({ generation }) => generation === 2); // its reply has version 3
  expect(speaker.state.value).toMatchObject({ status: "paused", version: 9 });
  server.session.version = 9;
  await speaker.resume();
  await speaker.end();
  const late = { sessionId, status: "active", quality: "standard", version: 99 } as const;
  speaker.connection.messages.emit({ type: "sessionUpdated", ...late });
  expect(statuses).toEqual(["active", "paused", "active", "ended"]);
});

test("the last of overlapping calls to mute decides", async () => {
  const server = await startFakeServer();
  const speaker = await createSpeaker(server);
  await Promise.all([speaker.setMuted(true), speaker.setMuted(false), speaker.setMuted(true)]);
  expect(server.requests("updateSession").map(({ muted }) => muted)).toEqual([true, false, true]);
  expect(speaker.state.value.muted).toBe(true);
  await speaker.setMuted(false);
  expect(speaker.state.value.muted).toBeUndefined();
});

test("what was published before a pause and before the end comes before them", async () => {
  const server = await startFakeServer();
  const speaker = await createSpeaker(server);
  const published = numbered(3).map(async (data) => speaker.publish({ data }));
  await speaker.pause();
  const actions = server.received.map(({ action }) => action);
  expect(actions).toEqual(["createSession", "publish", "publish", "publish", "updateSession"]);
  await Promise.all(published);
  void speaker.publish({ data: "m4" });
  await speaker.end();
  expect(server.received.slice(5).map(({ action }) => action)).toEqual(["publish", "endSession"]);
});

test("a session that ended while the speaker was away is shown as ended", async () => {
  const server = await startFakeServer();
  const speaker = await createSpeaker(server);
  server.fault = ({ requestId }) => ({ reply: error("SESSION_ENDED", requestId) });
  server.connections[0]?.drop();
  await speaker.state.until(({ status }) => status === "ended");
  await expect(speaker.publish({ data: "too late" })).rejects.toMatchObject({ code: "SESSION_ENDED" });
});

test("ending a session that has ended is no error", async () => {
  const server = await startFakeServer();
  const speaker = await createSpeaker(server);
  await speaker.end();
  await speaker.end();
  expect(server.requests("endSession").length).toBe(1);
});
