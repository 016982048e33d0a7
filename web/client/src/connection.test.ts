import { describe, expect, test } from "vitest";
import type { Connection } from "./index.ts";
import { connect, follow, isClosed, isOpen, QUICK, startFakeServer, token } from "../testSupport/harness.ts";

test("the token travels as a subprotocol, and the URL carries none", async () => {
  const server = await startFakeServer();
  const connection = connect(server);
  connection.open();
  await connection.state.until(isOpen);
  expect(server.connections[0]?.token).toBe(token("speaker"));
});

test("the provider is called again at each connect", async () => {
  const server = await startFakeServer();
  let asked = 0;
  const connection = connect(
    server,
    {},
    { token: async () => Promise.resolve(token(`token ${(asked += 1)}`)) },
  );
  connection.open();
  await connection.state.until(isOpen);
  server.connections[0]?.drop();
  await expect.poll(() => server.connections.length).toBe(2);
  expect(server.connections.map((each) => each.token)).toEqual([token("token 1"), token("token 2")]);
});

test("a lost connection is opened again", async () => {
  const server = await startFakeServer();
  const connection = connect(server);
  const names = follow(connection);
  connection.open();
  await connection.state.until(isOpen);
  server.connections[0]?.drop();
  await connection.state.until(({ name }) => name === "waitingToRetry");
  await connection.state.until(isOpen);
  expect(names).toEqual(["idle", "connecting", "open", "waitingToRetry", "connecting", "open"]);
});

test("attempts are counted from one again after a connection that lasted", async () => {
  const server = await startFakeServer();
  const connection = connect(server);
  connection.open();
  for (const number of [0, 1, 2]) {
    const { since } = (await connection.state.until(isOpen)) as { since: number };
    await expect.poll(() => Date.now() - since, { interval: 5 }).toBeGreaterThan(QUICK.backoff.capMs);
    server.connections[number]?.drop();
    const waiting = await connection.state.until(({ name }) => name === "waitingToRetry");
    expect(waiting).toMatchObject({ attempt: 1 });
  }
});

describe("a refusal is not retried", () => {
  test("when the HTTP API proves that the token was refused, after one attempt with a new token", async () => {
    const server = await startFakeServer();
    const forced: boolean[] = [];
    server.invalidTokens.add(token("bad"));
    const provider = async ({ forceRefresh }: { forceRefresh: boolean }) => {
      forced.push(forceRefresh);
      return Promise.resolve(token("bad"));
    };
    const connection = connect(server, {}, { httpUrl: server.httpUrl, token: provider });
    connection.open();
    const state = await connection.state.until(isClosed);
    expect(state).toMatchObject({ error: { code: "UNAUTHORIZED" } });
    expect(forced).toEqual([false, true]);
  });

  test("when the provider has only an expired token and the server refuses it", async () => {
    const server = await startFakeServer();
    const provider = async () => Promise.resolve(token("expired", -10));
    const connection = connect(server, {}, { httpUrl: server.httpUrl, token: provider });
    connection.open();
    expect(await connection.state.until(isClosed)).toMatchObject({ error: { code: "UNAUTHORIZED" } });
    expect(server.connections).toEqual([]);
  });

  test("when no user is signed in", async () => {
    const server = await startFakeServer();
    const connection = connect(server, {}, { token: async () => Promise.resolve(undefined) });
    connection.open();
    expect(await connection.state.until(isClosed)).toMatchObject({ error: { code: "UNAUTHORIZED" } });
  });

  test("when the session was resumed on another connection", async () => {
    const server = await startFakeServer();
    const connection = connect(server);
    connection.open();
    await connection.state.until(isOpen);
    server.connections[0]?.push({ type: "connectionReplaced", sessionId: "caring-king-275", generation: 2 });
    expect(await connection.state.until(isClosed)).toMatchObject({ error: { code: "REPLACED" } });
    expect(server.connections.length).toBe(1);
  });
});

test("a failed handshake with a valid token is retried", async () => {
  const server = await startFakeServer();
  server.refuseUpgrades = 503;
  const connection = connect(server, {}, { httpUrl: server.httpUrl });
  const names = follow(connection);
  connection.open();
  await expect.poll(() => names.filter((name) => name === "waitingToRetry").length).toBeGreaterThan(2);
  server.refuseUpgrades = undefined;
  await connection.state.until(isOpen);
});

test("an invalid address is reported at once", async () => {
  const server = await startFakeServer();
  const connection = connect(server, {}, { url: "no address" });
  connection.open();
  expect(await connection.state.until(isClosed)).toMatchObject({ error: { code: "UPGRADE_FAILED" } });
});

test("an anonymous listener connects without a token", async () => {
  const server = await startFakeServer();
  const connection = connect(server, {}, { anonymous: true, token: async () => Promise.resolve(undefined) });
  connection.open();
  await connection.state.until(isOpen);
  expect(server.connections[0]?.token).toBeUndefined();
});

test("a connection whose heartbeat is not answered is replaced", async () => {
  const server = await startFakeServer();
  const connection = connect(server, { heartbeatIntervalMs: 30, heartbeatTimeoutMs: 3000 });
  connection.open();
  await connection.state.until(isOpen);
  await expect.poll(() => server.requests("heartbeat").length).toBeGreaterThan(1);
  expect(server.connections.length).toBe(1);
  server.silent = true;
  await connection.state.until(({ name }) => name === "waitingToRetry");
  server.silent = false;
  await connection.state.until(isOpen);
});

describe("a connection that is closed", () => {
  test("may be closed again by its own subscriber", async () => {
    const server = await startFakeServer();
    const connection = connect(server);
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
    const server = await startFakeServer();
    const connection: Connection = connect(
      server,
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
    await expect.poll(() => server.connections.map((each) => each.isOpen())).toEqual([false]);
    expect(names).toEqual(["idle", "connecting", "closed"]);
  });
});
