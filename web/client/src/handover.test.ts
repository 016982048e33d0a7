import { describe, expect, test } from "vitest";
import { connect, follow, isOpen, makeSignal, startFakeServer } from "../testSupport/harness.ts";

describe("handover", () => {
  test("opens the second connection before the first one closes, by the client's own clock", async () => {
    const server = await startFakeServer();
    const connection = connect(server, { handoverAgeMs: 40, handoverJitterMs: 0 });
    const names = follow(connection);
    connection.open();
    await expect.poll(() => server.connections.length).toBeGreaterThan(2);
    expect(names.slice(0, 5)).toEqual(["idle", "connecting", "open", "handingOver", "open"]);
    expect(names).not.toContain("waitingToRetry");
  });

  test("closes the first connection once its pending requests are answered", async () => {
    const server = await startFakeServer();
    const { sent, send } = makeSignal();
    server.fault = ({ action }) => (action === "updateSession" ? { late: sent } : undefined);
    const connection = connect(server, { drainTimeoutMs: 60_000 });
    connection.open();
    await connection.state.until(isOpen);
    const request = connection.request<"updateSession">({ action: "updateSession", status: "paused" });
    await expect.poll(() => server.requests("updateSession").length).toBe(1);
    server.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
    await expect.poll(() => server.connections.length).toBe(2);
    await connection.state.until(isOpen);
    expect(server.connections.map((each) => each.isOpen())).toEqual([true, true]);
    send();
    await request;
    await expect.poll(() => server.connections.map((each) => each.isOpen())).toEqual([false, true]);
    expect(server.requests("updateSession").length).toBe(1);
  });

  test("keeps the first connection when the second one fails", async () => {
    const server = await startFakeServer();
    const connection = connect(server, { probeTimeoutMs: 100 });
    const names = follow(connection);
    connection.open();
    await connection.state.until(isOpen);
    server.refuseUpgrades = 503;
    server.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
    await connection.state.until(({ name }) => name === "handingOver");
    await connection.state.until(isOpen);
    expect(names).toEqual(["idle", "connecting", "open", "handingOver", "open"]);
    await connection.request<"updateSession">({ action: "updateSession", status: "paused" });
    server.refuseUpgrades = undefined;
    await expect.poll(() => server.connections.length).toBe(2);
  });

  test("continues on the second connection when the first is lost meanwhile", async () => {
    const server = await startFakeServer();
    const attach = async (): Promise<void> => {
      if (server.connections.length === 2) server.connections[0]?.drop();
      await Promise.resolve();
    };
    const connection = connect(server, {}, { attach });
    const names = follow(connection);
    connection.open();
    await connection.state.until(isOpen);
    server.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
    await connection.state.until(({ name }) => name === "handingOver");
    await connection.state.until(isOpen);
    expect(names).not.toContain("waitingToRetry");
  });
});
