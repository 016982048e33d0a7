import { describe, expect, test } from "vitest";
import { SessionCreationOrchestrator } from "./index.ts";
import { atEnd, createSpeaker, isClosed, isOpen, options, startFakeServer } from "../testSupport/harness.ts";
import type { FakeServer } from "../testSupport/fakeServer.ts";

/** Resumes the session as its owner does on another device. */
async function resumeElsewhere(server: FakeServer) {
  const speaker = await new SessionCreationOrchestrator(options(server)).resumeSession("caring-king-275");
  atEnd(() => speaker.connection.close());
  return speaker;
}

describe("a device that did not hear of a takeover", () => {
  test("does not take the session back when it wakes, and publishes no message from before", async () => {
    const server = await startFakeServer();
    const older = await createSpeaker(server);
    server.fault = ({ action }, { number }) => (action === "publish" && number === 0 ? "lose" : undefined);
    const stale = older.publish({ data: "stale" });
    server.session.speaker = undefined; // the sleeping device has no connection that the service could notify
    const newer = await resumeElsewhere(server);
    await newer.publish({ data: "newer" });
    server.connections[0]?.drop();
    expect(await older.connection.state.until(isClosed)).toMatchObject({ error: { code: "REPLACED" } });
    await expect(stale).rejects.toMatchObject({ code: "REPLACED" });
    expect(server.session.log.map(({ data }) => data)).toEqual(["newer"]);
    expect(await newer.publish({ data: "and on" })).toBe(2);
    expect(server.requests("resumeSession").map(({ generation }) => generation)).toEqual([undefined, 1]);
  });

  test("learns of it by its next message while its connection is open", async () => {
    const server = await startFakeServer();
    const older = await createSpeaker(server);
    server.session.speaker = undefined;
    const newer = await resumeElsewhere(server);
    await expect(older.publish({ data: "too late" })).rejects.toMatchObject({ code: "REPLACED" });
    expect(await newer.publish({ data: "m1" })).toBe(1);
  });

  test("may take it back when the user asks for it", async () => {
    const server = await startFakeServer();
    const first = await createSpeaker(server);
    const second = await resumeElsewhere(server);
    await first.connection.state.until(isClosed);
    const third = await resumeElsewhere(server);
    expect(await second.connection.state.until(isClosed)).toMatchObject({ error: { code: "REPLACED" } });
    expect(await third.publish({ data: "m1" })).toBe(1);
  });
});

describe("a takeover during a handover is noticed", () => {
  test("when it comes before the handover's own resume", async () => {
    const server = await startFakeServer();
    const older = await createSpeaker(server);
    server.fault = ({ action }, connection) => {
      if (action !== "resumeSession" || connection.number !== 1) return undefined;
      server.session.handle({ action, requestId: "other device", sessionId: "caring-king-275" }, undefined);
      return undefined;
    };
    server.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
    expect(await older.connection.state.until(isClosed)).toMatchObject({ error: { code: "REPLACED" } });
  });

  test("when its notice overtakes the reply to the handover's own resume", async () => {
    const server = await startFakeServer();
    const older = await createSpeaker(server);
    server.fault = ({ action }, connection) => {
      if (action !== "resumeSession" || connection.number !== 1) return undefined;
      connection.push({ type: "connectionReplaced", sessionId: "caring-king-275", generation: 3 });
      return { late: 20 };
    };
    server.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
    expect(await older.connection.state.until(isClosed)).toMatchObject({ error: { code: "REPLACED" } });
  });
});

test("a client's own resume whose reply was lost is not taken for another device's", async () => {
  const server = await startFakeServer();
  const speaker = await createSpeaker(server);
  let losses = 2;
  server.fault = ({ action }) => (action === "resumeSession" && losses-- > 0 ? "dropAfter" : undefined);
  server.connections[0]?.drop();
  expect(await speaker.publish({ data: "m1" })).toBe(1);
  expect(speaker.state.value.generation).toBe(4);
  expect(new Set(server.requests("resumeSession").map(({ requestId }) => requestId)).size).toBe(1);
  await speaker.connection.state.until(isOpen);
});
