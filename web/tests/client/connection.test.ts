import { describe, expect, test } from "vitest";
import type { Connection } from "../../src/client/index.ts";
import { connect, follow, isClosed, isOpen, QUICK, startPeer, token } from "./support.ts";

test("the token travels as a subprotocol, and the URL carries none", async () => {
  const peer = await startPeer();
  const connection = connect(peer);
  connection.open();
  await connection.state.until(isOpen);
  expect(peer.connections[0]?.token).toBe(token("speaker"));
});

test("the token is asked for anew at each connect", async () => {
  const peer = await startPeer();
  let asked = 0;
  const connection = connect(
    peer,
    {},
    { token: async () => Promise.resolve(token(`token ${(asked += 1)}`)) },
  );
  connection.open();
  await connection.state.until(isOpen);
  peer.connections[0]?.cut();
  await expect.poll(() => peer.connections.length).toBe(2);
  expect(peer.connections.map((each) => each.token)).toEqual([token("token 1"), token("token 2")]);
});

test("a lost connection is opened again", async () => {
  const peer = await startPeer();
  const connection = connect(peer);
  const names = follow(connection);
  connection.open();
  await connection.state.until(isOpen);
  peer.connections[0]?.cut();
  await connection.state.until(({ name }) => name === "waitingToRetry");
  await connection.state.until(isOpen);
  expect(names).toEqual(["idle", "connecting", "open", "waitingToRetry", "connecting", "open"]);
});

test("tries are counted anew after a connection that lasted", async () => {
  const peer = await startPeer();
  const connection = connect(peer);
  connection.open();
  for (const number of [0, 1, 2]) {
    const { since } = (await connection.state.until(isOpen)) as { since: number };
    await expect.poll(() => Date.now() - since, { interval: 5 }).toBeGreaterThan(QUICK.backoff.cap);
    peer.connections[number]?.cut();
    const waiting = await connection.state.until(({ name }) => name === "waitingToRetry");
    expect(waiting).toMatchObject({ attempt: 1 });
  }
});

describe("a refusal is not retried", () => {
  test("when the HTTP twin proves that the token was refused, after one try with a new one", async () => {
    const peer = await startPeer();
    const forced: boolean[] = [];
    peer.badTokens.add(token("bad"));
    const provider = async ({ forceRefresh }: { forceRefresh: boolean }) => {
      forced.push(forceRefresh);
      return Promise.resolve(token("bad"));
    };
    const connection = connect(peer, {}, { httpUrl: peer.httpUrl, token: provider });
    connection.open();
    const state = await connection.state.until(isClosed);
    expect(state).toMatchObject({ error: { code: "UNAUTHORIZED" } });
    expect(forced).toEqual([false, true]);
  });

  test("when the token is already old, and the provider has no better one", async () => {
    const peer = await startPeer();
    const connection = connect(peer, {}, { token: async () => Promise.resolve(token("old", -10)) });
    connection.open();
    expect(await connection.state.until(isClosed)).toMatchObject({ error: { code: "TOKEN_EXPIRED" } });
    expect(peer.connections).toEqual([]);
  });

  test("when nobody is signed in", async () => {
    const peer = await startPeer();
    const connection = connect(peer, {}, { token: async () => Promise.resolve(undefined) });
    connection.open();
    expect(await connection.state.until(isClosed)).toMatchObject({ error: { code: "UNAUTHORIZED" } });
  });

  test("when the session was resumed on another connection", async () => {
    const peer = await startPeer();
    const connection = connect(peer);
    connection.open();
    await connection.state.until(isOpen);
    peer.connections[0]?.push({ type: "connectionReplaced", sessionId: "caring-king-275", generation: 2 });
    expect(await connection.state.until(isClosed)).toMatchObject({ error: { code: "REPLACED" } });
    expect(peer.connections.length).toBe(1);
  });
});

test("a failed handshake with a good token is a fault that passes", async () => {
  const peer = await startPeer();
  peer.refuseUpgrades = 503;
  const connection = connect(peer, {}, { httpUrl: peer.httpUrl });
  const names = follow(connection);
  connection.open();
  await expect.poll(() => names.filter((name) => name === "waitingToRetry").length).toBeGreaterThan(2);
  peer.refuseUpgrades = undefined;
  await connection.state.until(isOpen);
});

test("an address that no WebSocket can have is told at once", async () => {
  const peer = await startPeer();
  const connection = connect(peer, {}, { url: "no address" });
  connection.open();
  expect(await connection.state.until(isClosed)).toMatchObject({ error: { code: "UPGRADE_FAILED" } });
});

test("an anonymous listener connects without a token", async () => {
  const peer = await startPeer();
  const connection = connect(peer, {}, { anonymous: true, token: async () => Promise.resolve(undefined) });
  connection.open();
  await connection.state.until(isOpen);
  expect(peer.connections[0]?.token).toBeUndefined();
});

test("a silent server is given up after an unanswered heartbeat", async () => {
  const peer = await startPeer();
  const connection = connect(peer, { heartbeat: 30, heartbeatReply: 500 });
  connection.open();
  await connection.state.until(isOpen);
  await expect.poll(() => peer.requests("heartbeat").length).toBeGreaterThan(1);
  expect(peer.connections.length).toBe(1);
  peer.silent = true;
  await connection.state.until(({ name }) => name === "waitingToRetry");
  peer.silent = false;
  await connection.state.until(isOpen);
});

describe("a connection that is closed", () => {
  test("may be closed again by who is told of it", async () => {
    const peer = await startPeer();
    const connection = connect(peer);
    const names = follow(connection);
    connection.state.subscribe(({ name }) => {
      if (name === "closed") connection.close();
    });
    connection.open();
    await connection.state.until(isOpen);
    connection.close();
    expect(names).toEqual(["idle", "connecting", "open", "closed"]);
  });

  test("while it attaches leaves no WebSocket open", async () => {
    const peer = await startPeer();
    const connection: Connection = connect(
      peer,
      {},
      {
        attach: async () => {
          connection.close();
          await Promise.resolve();
        },
      },
    );
    const names = follow(connection);
    connection.open();
    await expect.poll(() => peer.connections.map((each) => each.isOpen())).toEqual([false]);
    expect(names).toEqual(["idle", "connecting", "closed"]);
  });
});
