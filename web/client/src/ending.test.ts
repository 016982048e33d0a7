import { describe, expect, test } from "vitest";
import type { SessionMessage } from "./index.ts";
import type { FakeConnection } from "../testSupport/fakeConnection.ts";
import { isClosed, makeListener, numbered, say, startFakeServer } from "../testSupport/harness.ts";

const lost = (): void => undefined;
const arrives = (message: SessionMessage, to: FakeConnection): void => to.push(message);

/** Returns a listener that has received one message. */
async function listening(timings: object = {}) {
  const server = await startFakeServer();
  const { listener, heard } = makeListener(server, timings);
  await listener.join();
  say(server, 1);
  await expect.poll(() => heard).toEqual(["m1"]);
  const ended = async () => listener.connection.state.until(isClosed);
  return { server, listener, heard, ended };
}

describe("every message up to the session's end is received", () => {
  test("when the end overtakes the last ones", async () => {
    const { server, listener, heard, ended } = await listening();
    const late: SessionMessage[] = [];
    server.session.deliver = (message) => late.push(message);
    say(server, 2);
    server.connections[0]?.push(server.session.end("ended"));
    await listener.state.until(({ status }) => status === "ended");
    for (const message of late) server.connections[0]?.push(message);
    await ended();
    expect(heard).toEqual(numbered(3));
  });

  test("when the last ones and their replay are lost", async () => {
    const { server, listener, heard, ended } = await listening();
    server.session.deliver = lost;
    say(server, 2);
    server.connections[0]?.push(server.session.end("speakerGone"));
    await expect.poll(() => server.requests("joinSession").length).toBeGreaterThan(1);
    server.session.deliver = arrives;
    await ended();
    expect(heard).toEqual(numbered(3));
    expect(listener.state.value).toMatchObject({ status: "ended", endReason: "speakerGone" });
  });

  test("when it ends while the listener is away: page by page, then the end with its reason", async () => {
    const { server, listener, heard, ended } = await listening();
    server.session.replayPage = 10;
    server.connections[0]?.drop();
    say(server, 24);
    server.session.end("expired");
    await ended();
    expect(heard).toEqual(numbered(25));
    expect(listener.state.value).toMatchObject({ status: "ended", endReason: "expired" });
    expect(listener.connection.state.value).toMatchObject({ error: undefined });
    expect(server.connections.length).toBe(2);
  });

  test("when the connection is lost before all have arrived", async () => {
    const { server, heard, ended } = await listening();
    server.session.deliver = lost;
    say(server, 2);
    server.connections[0]?.push(server.session.end("ended"));
    await expect.poll(() => server.requests("joinSession").length).toBeGreaterThan(1);
    server.session.deliver = arrives;
    server.connections[0]?.drop();
    await ended();
    expect(heard).toEqual(numbered(3));
  });

  test("when the end arrives before the reply to the join", async () => {
    const server = await startFakeServer();
    const { listener, heard } = makeListener(server);
    server.fault = ({ action }, connection) => {
      if (action !== "joinSession" || server.requests("joinSession").length > 1) return undefined;
      setImmediate(() => {
        server.session.deliver = lost;
        say(server, 2);
        connection.push(server.session.end("ended"));
        server.session.deliver = arrives;
      });
      return { late: 50 };
    };
    await listener.join();
    await listener.connection.state.until(isClosed);
    expect(heard).toEqual(numbered(2));
  });
});

test("messages that are no longer kept at the end emit a reset", async () => {
  const { server, listener, heard, ended } = await listening();
  let resets = 0;
  listener.resets.on(() => resets++);
  server.connections[0]?.drop();
  say(server, 5);
  server.session.logStart = 5;
  server.session.end("ended");
  await ended();
  expect([resets, heard]).toEqual([1, ["m1"]]);
});

test("the wait for last messages that never arrive has a limit", async () => {
  const { server, listener, ended } = await listening({ endTimeoutMs: 60 });
  server.session.deliver = lost;
  say(server, 1);
  server.connections[0]?.push(server.session.end("ended"));
  await ended();
  expect(listener.state.value).toMatchObject({ status: "ended", endReason: "ended" });
});

describe("after a silence the listener asks and finds", () => {
  const gapProbe = { baseMs: 20, capMs: 40 };

  test("a last message that was lost", async () => {
    const { server, heard } = await listening({ gapProbe });
    server.session.deliver = lost;
    say(server, 1);
    server.session.deliver = arrives;
    await expect.poll(() => heard).toEqual(numbered(2));
    // It may have asked before the first message arrived, too.
    const positions = server.requests("joinSession").map(({ epoch, offset }) => ({ epoch, offset }));
    expect(positions).toContainEqual({ epoch: "5f0c9a1e", offset: 1 });
    expect(server.connections.length).toBe(1);
  });

  test("an end that was lost", async () => {
    const { server, listener, ended } = await listening({ gapProbe });
    server.session.end("speakerGone");
    await ended();
    expect(listener.state.value).toMatchObject({ status: "ended", endReason: "speakerGone" });
  });

  test("a session whose records are deleted", async () => {
    const { server, listener, ended } = await listening({ gapProbe });
    server.session.isGone = true;
    await ended();
    expect(listener.state.value).toMatchObject({ status: "ended", endReason: undefined });
  });
});
