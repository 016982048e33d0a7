import { describe, expect, test } from "vitest";
import type { ServerMessage } from "../index.ts";
import {
  channelListener,
  countPushes,
  isDirect,
  isOnChannel,
  joinOnChannel,
  killChannel,
  NAME,
  startServers,
} from "../../testSupport/channelHarness.ts";
import { error } from "../../testSupport/fakeSession.ts";
import { isClosed, isOpen, numbered, say } from "../../testSupport/harness.ts";

describe("a listener on a channel whose connection", () => {
  test("is lost keeps the subscription, receives meanwhile, and joins on the channel at once", async () => {
    const { server, api } = await startServers();
    const { heard } = await joinOnChannel(server);
    server.refuseUpgrades = 503;
    server.connections[0]?.drop();
    say(server, 2);
    await expect.poll(() => heard).toEqual(numbered(2));
    server.refuseUpgrades = undefined;
    await isOnChannel(server);
    say(server, 2);
    await expect.poll(() => heard).toEqual(numbered(4));
    expect(server.requests("joinSession").map(({ onChannel }) => onChannel)).toEqual([undefined, true, true]);
    // A second subscription proves that the WebSocket works, and replaces the first one.
    await expect.poll(() => api.connections[0]?.unsubscribed.length).toBe(1);
    expect(api.connections[0]?.subscriptions.size).toBe(1);
    say(server, 1);
    await expect.poll(() => heard).toEqual(numbered(5));
    expect(api.handshakes.length).toBe(1);
  });

  test("is lost together with the channel's, unnoticed, joins without the channel after a time limit", async () => {
    const { server, api } = await startServers();
    const { heard } = await joinOnChannel(server, { replyTimeoutMs: 1000 });
    const dead = killChannel(api);
    server.connections[0]?.drop();
    await expect.poll(() => server.requests("joinSession")[2]?.onChannel).toBe(true);
    say(server, 2);
    await expect.poll(() => heard).toEqual(numbered(2));
    await expect.poll(() => api.openConnections).not.toContain(dead);
    await isOnChannel(server);
  });

  test("is lost gives the channel up if the service refuses the second subscription", async () => {
    const { server, api } = await startServers();
    const { heard } = await joinOnChannel(server);
    api.refusal = "subscribe_error";
    server.connections[0]?.drop();
    await expect.poll(() => api.openConnections).not.toContain(api.connections[0]);
    api.refusal = undefined;
    await isOnChannel(server);
    say(server, 1);
    await expect.poll(() => heard).toEqual(["m1"]);
  });

  test("is handed over keeps the subscription, and joins on the channel at once", async () => {
    const { server, api } = await startServers();
    const { listener, heard } = await joinOnChannel(server);
    say(server, 2);
    server.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
    await expect.poll(() => server.connections.map((each) => each.isOpen())).toEqual([false, true]);
    await listener.connection.state.until(isOpen);
    await isOnChannel(server);
    say(server, 2);
    await expect.poll(() => heard).toEqual(numbered(4));
    expect(server.requests("joinSession").map(({ onChannel }) => onChannel)).toEqual([undefined, true, true]);
    expect(api.connections[0]?.unsubscribed).toEqual([]);
    expect(api.handshakes.length).toBe(1);
  });

  test("gets no reply to the join on the channel repeats it until the server answers", async () => {
    const { server } = await startServers();
    let losses = 2;
    server.fault = (message) =>
      message.action === "joinSession" && message.onChannel && losses-- > 0 ? "dropAfter" : undefined;
    const { listener, heard } = channelListener(server);
    await listener.join();
    say(server, 2);
    await expect.poll(() => losses).toBeLessThan(0);
    await isOnChannel(server);
    say(server, 2);
    await expect.poll(() => heard).toEqual(numbered(4));
  });

  test("gets a late reply by which the server pushes on a channel that is lost joins without it", async () => {
    const { server, api } = await startServers();
    api.refusal = "handshake";
    const { listener } = channelListener(server, {}, { baseMs: 600_000, capMs: 600_000 });
    await listener.join();
    await expect.poll(() => api.handshakes.length).toBe(1);
    const [join] = server.requests("joinSession");
    const [connection] = server.connections;
    const late = server.session.handle({ ...join, requestId: "late", onChannel: true } as never, connection);
    expect(server.session.onChannel.size).toBe(1);
    connection?.push(late);
    await isDirect(server);
    expect(server.requests("joinSession").map(({ onChannel }) => onChannel)).toEqual([undefined, undefined]);
  });

  test("gets a late reply of an earlier connection does not take it for the state of the present one", async () => {
    const { server, api } = await startServers();
    const { listener } = channelListener(
      server,
      { replyTimeoutMs: 300 },
      { baseMs: 600_000, capMs: 600_000 },
    );
    await listener.join();
    await isOnChannel(server);
    const [connection] = server.connections;
    const [direct] = server.requests("joinSession");
    const late = server.session.handle({ ...direct, requestId: "late" } as never, connection);
    if (connection) server.session.onChannel.add(connection);
    server.fault = (message) => {
      if (message.action !== "joinSession") return undefined;
      server.fault = () => undefined;
      connection?.push(late);
      return "lose";
    };
    api.connections[0]?.drop();
    await isDirect(server);
  });

  test.each(["is lost", "stays"])(
    "%s while the server goes back to a release without the channel receives without it",
    async (what) => {
      const { server, api } = await startServers();
      const { listener, heard } = await joinOnChannel(server);
      server.fault = (message) =>
        message.action === "joinSession" && message.onChannel
          ? { reply: error("INVALID_MESSAGE", message.requestId) }
          : undefined;
      server.session.eventApi = undefined;
      server.session.onChannel.clear();
      if (what === "is lost") server.connections[0]?.drop();
      else server.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
      await expect.poll(() => server.session.listeners.has(server.connections[1] as never)).toBe(true);
      say(server, 2);
      await expect.poll(() => heard).toEqual(numbered(2));
      await expect.poll(() => api.openConnections).toEqual([]);
      expect(listener.connection.state.value.name).not.toBe("closed");
      server.fault = () => undefined;
      server.session.eventApi = api;
      server.connections.at(-1)?.drop();
      await isOnChannel(server);
    },
  );

  test("loses its channel while the join on the channel is under way joins without it", async () => {
    const { server, api } = await startServers();
    server.fault = (message) => {
      if (message.action !== "joinSession" || !message.onChannel) return undefined;
      server.fault = () => undefined;
      api.refusal = "handshake";
      api.connections[0]?.drop();
      return { late: 60 };
    };
    const { listener, heard } = channelListener(server);
    await listener.join();
    await expect.poll(() => api.handshakes.length).toBeGreaterThan(1);
    await isDirect(server);
    say(server, 2);
    await expect.poll(() => heard).toEqual(numbered(2));
  });
});

test("another language is joined without the channel, and then on the channel of that language", async () => {
  const { server, api } = await startServers();
  const { listener, heard } = await joinOnChannel(server);
  say(server, 2);
  await listener.setLanguage("es");
  await isOnChannel(server);
  const joins = server.requests("joinSession").slice(2);
  expect(joins.map(({ targetLanguage, onChannel }) => [targetLanguage, onChannel])).toEqual([
    ["es", undefined],
    ["es", true],
  ]);
  await expect.poll(() => api.openConnections.length).toBe(1);
  expect([...(api.openConnections[0]?.subscriptions.values() ?? [])]).toEqual([`/sessions/${NAME}/es`]);
  say(server, 2);
  await expect.poll(() => heard).toEqual(numbered(4));
});

test("a refused language leaves the listener on its channel", async () => {
  const { server, api } = await startServers();
  const { listener, heard } = await joinOnChannel(server);
  server.fault = (message) =>
    message.action === "joinSession" && message.targetLanguage === "cy"
      ? { reply: error("UNSUPPORTED_LANGUAGE", message.requestId) }
      : undefined;
  await expect(listener.setLanguage("cy")).rejects.toMatchObject({ code: "UNSUPPORTED_LANGUAGE" });
  await expect.poll(() => server.requests("joinSession").at(-1)?.onChannel).toBe(true);
  await isOnChannel(server);
  say(server, 2);
  await expect.poll(() => heard).toEqual(numbered(2));
  expect(api.handshakes.length).toBe(1);
});

describe("the channel's WebSocket closes", () => {
  test("when the listener leaves, which may join again on a new one", async () => {
    const { server, api } = await startServers();
    const { listener, heard } = await joinOnChannel(server);
    await listener.leave();
    await expect.poll(() => api.openConnections).toEqual([]);
    expect(api.handshakes.length).toBe(1);
    await listener.join();
    await isOnChannel(server);
    say(server, 1);
    await expect.poll(() => heard).toEqual(["m1"]);
  });

  test("when the connection is closed, also while it still connects", async () => {
    const { server, api } = await startServers();
    api.refusal = "silent";
    const { listener } = channelListener(server);
    await listener.join();
    await expect.poll(() => api.handshakes.length).toBe(1);
    listener.connection.close();
    await expect.poll(() => api.openSockets).toBe(0);
    expect(api.handshakes.length).toBe(1);
  });

  test("when the session ends while only the channel delivers", async () => {
    const { server, api } = await startServers();
    const { listener, heard } = await joinOnChannel(server);
    const pushes = countPushes(server);
    say(server, 2);
    server.session.publishOnChannel(server.session.end("ended"));
    await listener.connection.state.until(isClosed);
    expect(listener.state.value).toMatchObject({ status: "ended", endReason: "ended" });
    expect(heard).toEqual(numbered(2));
    expect(pushes()).toBe(0);
    await expect.poll(() => api.openConnections).toEqual([]);
  });

  test("after the last message has arrived if the channel loses it before the end", async () => {
    const { server, api } = await startServers();
    const { listener, heard } = await joinOnChannel(server);
    api.loses = (event) => (event as ServerMessage).type === "message";
    say(server, 2);
    server.session.publishOnChannel(server.session.end("ended"));
    await listener.connection.state.until(isClosed);
    expect(heard).toEqual(numbered(2));
    await expect.poll(() => api.openConnections).toEqual([]);
  });
});

test("two listeners of one page have a channel each, and one stays when the other leaves", async () => {
  const { server, api } = await startServers();
  const first = await joinOnChannel(server);
  const second = channelListener(server);
  await second.listener.join();
  await isOnChannel(server, 2);
  say(server, 2);
  await expect.poll(() => [first.heard, second.heard]).toEqual([numbered(2), numbered(2)]);
  await first.listener.leave();
  await expect.poll(() => api.openConnections.length).toBe(1);
  say(server, 2);
  await expect.poll(() => second.heard).toEqual([...numbered(2), ...numbered(2, 3)]);
  expect(first.heard).toEqual(numbered(2));
});
