import { describe, expect, test } from "vitest";
import type { FakeEventApi } from "../../testSupport/fakeEventApi.ts";
import { atEnd, makeListener, numbered, say } from "../../testSupport/harness.ts";
import {
  channelListener,
  countPushes,
  isDirect,
  isOnChannel,
  joinOnChannel,
  killChannel,
  startServers,
} from "../../testSupport/channelHarness.ts";

describe("a listener that is offered a channel", () => {
  test("subscribes, joins with its position, and receives each message once and in order", async () => {
    const { server, api } = await startServers();
    const { listener, heard } = channelListener(server);
    // Before the subscription stands, and between its confirmation and the join.
    api.onSubscribe = () => say(server, 2);
    await listener.join();
    await isOnChannel(server);
    const pushes = countPushes(server);
    say(server, 3);
    await expect.poll(() => heard).toEqual(numbered(5));
    expect(pushes()).toBe(0);
    const [first, second] = server.requests("joinSession");
    expect(first).not.toHaveProperty("onChannel");
    expect(second).toMatchObject({ onChannel: true, epoch: "5f0c9a1e", targetLanguage: "de" });
    expect(second?.offset).toBeLessThanOrEqual(2);
    expect(server.requests("joinSession").length).toBe(2);
  });

  test("receives on its connection what the server published before the join on the channel", async () => {
    const { server, api } = await startServers();
    const { listener, heard } = channelListener(server);
    server.session.deliver = () => undefined;
    api.onSubscribe = () => {
      say(server, 2);
      server.session.deliver = (message, to) => to.push(message);
    };
    await listener.join();
    await expect.poll(() => heard).toEqual(numbered(2));
  });

  test("ignores the offer without an adapter", async () => {
    const { server, api } = await startServers();
    const { listener, heard } = makeListener(server);
    await listener.join();
    say(server, 2);
    await expect.poll(() => heard).toEqual(numbered(2));
    expect(api.handshakes).toEqual([]);
    expect(server.requests("joinSession").length).toBe(1);
  });

  test("stays direct, with growing waits, if the server does not let it join on the channel", async () => {
    const { server, api } = await startServers();
    server.session.grantsChannel = false;
    const { listener, heard } = channelListener(server);
    await listener.join();
    await expect.poll(() => api.handshakes.length).toBeGreaterThan(2);
    say(server, 2);
    await expect.poll(() => heard).toEqual(numbered(2));
    // Each attempt has a join for its offer and one on the channel.
    expect(server.requests("joinSession").length).toBeLessThanOrEqual(2 * api.handshakes.length + 1);
    await expect.poll(() => api.openConnections.length).toBe(0);
    server.session.grantsChannel = true;
    await isOnChannel(server);
  });
});

describe("a listener whose channel is lost", () => {
  const LOSSES: Record<string, (api: FakeEventApi) => void> = {
    "its WebSocket closes": (api) => api.connections[0]?.drop(),
    "the service reports an error of the subscription": (api) =>
      api.connections[0]?.send({
        type: "broadcast_error",
        errors: [{ errorType: "MessageProcessingError" }],
      }),
    "the service reports an error of the connection": (api) =>
      api.connections[0]?.send({ type: "error", errors: [{ errorType: "UnsupportedOperation" }] }),
  };
  test.each(Object.entries(LOSSES))(
    "joins at once without the channel, and later on a new one, when %s",
    async (_, lose) => {
      const { server, api } = await startServers();
      const { listener, heard } = await joinOnChannel(server);
      const warnings: string[] = [];
      listener.connection.warnings.on(({ message }) => warnings.push(message));
      say(server, 2);
      await expect.poll(() => heard.length).toBe(2);
      server.session.grantsChannel = false; // the test sees the listener while it is direct
      lose(api);
      say(server, 2);
      await isDirect(server);
      say(server, 2);
      await expect.poll(() => heard).toEqual(numbered(6));
      expect(server.requests("joinSession")[2]).toMatchObject({ epoch: "5f0c9a1e", offset: 2 });
      expect(server.requests("joinSession")[2]).not.toHaveProperty("onChannel");
      expect(warnings[0]).toMatch(/^The audience's channel was lost: /);
      server.session.grantsChannel = true;
      await isOnChannel(server);
      say(server, 1);
      await expect.poll(() => heard).toEqual(numbered(7));
      expect(new Set(api.handshakes).size).toBe(api.handshakes.length); // each attempt has its own offer
      expect(server.connections.length).toBe(1);
    },
  );

  test("joins without the channel when the service sends nothing for its own time limit", async () => {
    const { server, api } = await startServers();
    api.connectionTimeoutMs = 150;
    const { heard } = await joinOnChannel(server);
    api.connectionTimeoutMs = 300_000;
    const dead = killChannel(api);
    say(server, 2);
    await expect.poll(() => heard).toEqual(numbered(2));
    await expect.poll(() => api.openConnections.filter((each) => each !== dead).length).toBe(1);
    await isOnChannel(server);
    await expect.poll(() => api.openConnections).not.toContain(dead);
  });

  test("finds by a probe that the channel is dead, and does not wait for the service's time limit", async () => {
    const { server, api } = await startServers();
    const { heard } = await joinOnChannel(server, { gapProbe: { baseMs: 100, capMs: 200 } });
    const dead = killChannel(api);
    say(server, 1);
    await expect.poll(() => heard).toEqual(["m1"]);
    await expect.poll(() => api.openConnections).not.toContain(dead);
    await isOnChannel(server);
    say(server, 1);
    await expect.poll(() => heard).toEqual(numbered(2));
  });
});

describe("a listener whose channel keeps its WebSocket alive but delivers nothing", () => {
  async function listenWithKeepAlives() {
    const { server, api } = await startServers();
    const made = await joinOnChannel(server, { gapProbe: { baseMs: 100, capMs: 200 } });
    const [connection] = api.connections;
    const timer = setInterval(() => connection?.send({ type: "ka" }), 20);
    atEnd(() => clearInterval(timer));
    api.loses = (_, to) => to === connection;
    return { server, api, connection, ...made };
  }

  test("gives it up when a probe replays messages", async () => {
    const { server, api, connection, heard } = await listenWithKeepAlives();
    say(server, 1);
    await expect.poll(() => heard).toEqual(["m1"]);
    await expect.poll(() => api.openConnections).not.toContain(connection);
    await isOnChannel(server);
    say(server, 1);
    await expect.poll(() => heard).toEqual(numbered(2));
  });

  test("gives it up when a probe finds that the messages are no longer kept", async () => {
    const { server, api, connection } = await listenWithKeepAlives();
    say(server, 3);
    server.session.logStart = 3;
    await expect.poll(() => api.openConnections).not.toContain(connection);
    await isOnChannel(server);
  });

  test("gives it up when the server pushes to the connection instead", async () => {
    const { server, api, connection, heard } = await listenWithKeepAlives();
    const pushOnConnection = setInterval(() => {
      say(server, 1);
      const message = server.session.log.at(-1);
      if (message && api.handshakes.length === 1) server.connections[0]?.push(message);
    }, 30);
    atEnd(() => clearInterval(pushOnConnection));
    await expect.poll(() => api.openConnections).not.toContain(connection);
    clearInterval(pushOnConnection);
    await expect.poll(() => heard).toEqual(numbered(server.session.log.length));
  });
});

describe("a listener whose channel cannot be reached receives each message on its connection", () => {
  test.each(["handshake", "connection_error", "subscribe_error", "silent"] as const)(
    "when the answer to the attempt is: %s",
    async (refusal) => {
      const { server, api } = await startServers();
      api.refusal = refusal;
      const { listener, heard } = channelListener(
        server,
        refusal === "silent" ? { connectTimeoutMs: 1000 } : {},
      );
      await listener.join();
      for (let round = 1; round <= 3; round++) {
        say(server, 2);
        await expect.poll(() => api.handshakes.length).toBeGreaterThanOrEqual(round);
      }
      await expect.poll(() => heard).toEqual(numbered(6));
      expect(server.requests("joinSession").every(({ onChannel }) => onChannel === undefined)).toBe(true);
      // One join for the offer of each attempt.
      expect(server.requests("joinSession").length).toBeLessThanOrEqual(api.handshakes.length + 1);
      expect(server.connections.length).toBe(1);
      api.refusal = undefined;
      await isOnChannel(server);
      say(server, 1);
      await expect.poll(() => heard).toEqual(numbered(7));
    },
  );

  test("when the token of the offer has expired", async () => {
    const { server, api } = await startServers();
    const offer = api.offer.bind(api);
    let expired = 2;
    api.offer = (name) => {
      const made = offer(name);
      if (expired-- > 0) api.expireTokens();
      return made;
    };
    const { listener, heard } = channelListener(server);
    await listener.join();
    say(server, 2);
    await isOnChannel(server);
    say(server, 2);
    await expect.poll(() => heard).toEqual(numbered(4));
    expect(api.handshakes.slice(0, 3)).toEqual(["token-1", "token-2", "token-3"]);
  });

  test("when the address of the offer is none of a WebSocket", async () => {
    const { server, api } = await startServers();
    const offer = api.offer.bind(api);
    api.offer = (name) => ({ ...offer(name), url: "no address" });
    const { listener, heard } = channelListener(server);
    await listener.join();
    say(server, 2);
    await expect.poll(() => heard).toEqual(numbered(2));
    await expect.poll(() => server.requests("joinSession").length).toBeGreaterThan(2);
    api.offer = offer;
    await isOnChannel(server);
  });
});
