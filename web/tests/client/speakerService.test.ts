import { describe, expect, test } from "vitest";
import { Connection, Observable, SpeakerService, type CreatedSessionBody } from "../../src/client/index.ts";
import { createSpeaker, follow, numbered, options, startPeer } from "./support.ts";
import { error } from "./peerSession.ts";

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
  const peer = await startPeer();
  const connection = new Connection({ ...options(peer), attach: async () => Promise.resolve() });
  connection.close();
  const speaker = new SpeakerService(
    CREATED,
    connection,
    new Observable<CreatedSessionBody | undefined>(undefined),
  );
  expect(speaker.sessionId).toBe("caring-king-275");
  expect(speaker.state.value.status).toBe("active");
});

test("it starts from sessionCreated when the cut comes right after it, and resumes", async () => {
  const peer = await startPeer();
  const speaker = await createSpeaker(peer);
  peer.connections[0]?.cut();
  expect(await speaker.publish({ data: "hello" })).toBe(1);
  expect(speaker.state.value.generation).toBe(2);
});

describe("what is published is in the log once and in order", () => {
  test("across cuts before and after the server carried it out", async () => {
    const peer = await startPeer();
    const faults = ["cutBefore", undefined, "cutAfter", "lose", undefined, "cutAfter", "cutBefore"] as const;
    let publishes = 0;
    peer.fault = ({ action }) => (action === "publish" ? faults[publishes++] : undefined);
    const speaker = await createSpeaker(peer, { reply: 50 });
    const offsets = await Promise.all(numbered(12).map(async (data) => speaker.publish({ data })));
    expect(peer.session.log.map(({ data }) => data)).toEqual(numbered(12));
    expect(offsets).toEqual(peer.session.log.map(({ offset }) => offset));
  });

  test("when replies come later than they are waited for", async () => {
    const peer = await startPeer();
    peer.fault = ({ action }) => (action === "publish" ? { late: 30 } : undefined);
    const speaker = await createSpeaker(peer, { reply: 20 });
    const offsets = await Promise.all(numbered(5).map(async (data) => speaker.publish({ data })));
    expect(offsets).toEqual([1, 2, 3, 4, 5]);
    expect(peer.session.log.map(({ data }) => data)).toEqual(numbered(5));
    expect(peer.requests("publish").length).toBeGreaterThan(5);
  });

  test("across handovers, with nothing held up by them", async () => {
    const peer = await startPeer();
    const speaker = await createSpeaker(peer, { handover: 30, handoverJitter: 0 });
    const names = follow(speaker.connection);
    const publishes: Promise<number>[] = [];
    while (peer.connections.length < 4) {
      publishes.push(speaker.publish({ data: `m${publishes.length + 1}` }));
      await publishes.at(-1);
    }
    await Promise.all(publishes);
    expect(peer.session.log.map(({ data }) => data)).toEqual(numbered(publishes.length));
    expect(names).not.toContain("waitingToRetry");
  });

  test("when the old connection is fenced before the new one is told so", async () => {
    const peer = await startPeer();
    peer.fault = (message, connection) => {
      if (message.action !== "resumeSession" || connection.number !== 1) return undefined;
      setTimeout(() => connection.push(peer.session.handle(message, connection)), 60);
      peer.session.handle(message, connection);
      return "lose";
    };
    const speaker = await createSpeaker(peer);
    peer.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
    await expect.poll(() => peer.requests("resumeSession").length).toBe(1);
    expect(await speaker.publish({ data: "m1" })).toBe(1);
    expect(peer.requests("publish").length).toBeGreaterThan(1);
  });
});

test("a handover whose outcome is unknown costs a reconnection, and no message", async () => {
  const peer = await startPeer();
  peer.fault = (message, connection) => {
    if (message.action !== "resumeSession" || connection.number !== 1) return undefined;
    peer.session.handle(message, connection);
    return "lose";
  };
  const speaker = await createSpeaker(peer, { reply: 60 });
  peer.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
  await expect.poll(() => peer.requests("resumeSession").length).toBe(1);
  const offsets = await Promise.all(numbered(3).map(async (data) => speaker.publish({ data })));
  expect(offsets).toEqual([1, 2, 3]);
  expect(peer.connections.map((each) => each.isOpen())).toEqual([false, false, true]);
});

test("presence, pauses and the end show in its state", async () => {
  const peer = await startPeer();
  const speaker = await createSpeaker(peer);
  peer.connections[0]?.push({ type: "presence", sessionId: speaker.sessionId, listeners: 3 });
  await speaker.state.until(({ listeners }) => listeners === 3);
  await speaker.pause();
  expect(speaker.state.value.status).toBe("paused");
  await speaker.resume();
  expect(speaker.state.value.status).toBe("active");
  await speaker.end();
  expect(speaker.state.value).toMatchObject({ status: "ended", endReason: "ended" });
  expect(speaker.connection.state.value.name).toBe("closed");
});

test("a state that another one overtook is ignored, and an end is for good", async () => {
  const peer = await startPeer();
  const speaker = await createSpeaker(peer);
  const { sessionId } = speaker;
  const statuses: string[] = [];
  speaker.state.subscribe(({ status }) => statuses.at(-1) !== status && statuses.push(status));
  for (const [status, version] of [
    ["paused", 9],
    ["active", 8],
    ["active", 9],
  ] as const)
    peer.connections[0]?.push({ type: "sessionUpdated", sessionId, status, quality: "standard", version });
  peer.connections[0]?.push({ type: "presence", sessionId, listeners: 3 });
  await speaker.state.until(({ listeners }) => listeners === 3);
  peer.connections[0]?.cut();
  await speaker.state.until(({ generation }) => generation === 2); // its reply has version 3
  expect(speaker.state.value).toMatchObject({ status: "paused", version: 9 });
  peer.session.version = 9;
  await speaker.resume();
  await speaker.end();
  const late = { sessionId, status: "active", quality: "standard", version: 99 } as const;
  speaker.connection.messages.emit({ type: "sessionUpdated", ...late });
  expect(statuses).toEqual(["active", "paused", "active", "ended"]);
});

test("what was published before a pause and before the end comes before them", async () => {
  const peer = await startPeer();
  const speaker = await createSpeaker(peer);
  const published = numbered(3).map(async (data) => speaker.publish({ data }));
  await speaker.pause();
  const actions = peer.received.map(({ action }) => action);
  expect(actions).toEqual(["createSession", "publish", "publish", "publish", "updateSession"]);
  await Promise.all(published);
  void speaker.publish({ data: "m4" });
  await speaker.end();
  expect(peer.received.slice(5).map(({ action }) => action)).toEqual(["publish", "endSession"]);
});

test("a session that ended while the speaker was away is shown as ended", async () => {
  const peer = await startPeer();
  const speaker = await createSpeaker(peer);
  peer.fault = ({ requestId }) => ({ reply: error("SESSION_ENDED", requestId) });
  peer.connections[0]?.cut();
  await speaker.state.until(({ status }) => status === "ended");
  await expect(speaker.publish({ data: "too late" })).rejects.toMatchObject({ code: "SESSION_ENDED" });
});

test("to end a session that is over already is no error", async () => {
  const peer = await startPeer();
  const speaker = await createSpeaker(peer);
  await speaker.end();
  await speaker.end();
  expect(peer.requests("endSession").length).toBe(1);
});
