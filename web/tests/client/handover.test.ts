import { describe, expect, test } from "vitest";
import { connect, follow, isOpen, startPeer } from "./support.ts";

describe("handover", () => {
  test("opens the second connection before the first one closes, by the client's own clock", async () => {
    const peer = await startPeer();
    const connection = connect(peer, { handover: 40, handoverJitter: 0 });
    const names = follow(connection);
    connection.open();
    await expect.poll(() => peer.connections.length).toBeGreaterThan(2);
    expect(names.slice(0, 5)).toEqual(["idle", "connecting", "open", "handingOver", "open"]);
    expect(names).not.toContain("waitingToRetry");
  });

  test("closes the first connection once what was under way on it is answered", async () => {
    const peer = await startPeer();
    peer.fault = ({ action }) => (action === "updateSession" ? { late: 60 } : undefined);
    const connection = connect(peer);
    connection.open();
    await connection.state.until(isOpen);
    const request = connection.request<"updateSession">({ action: "updateSession", status: "paused" });
    await expect.poll(() => peer.requests("updateSession").length).toBe(1);
    peer.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
    await expect.poll(() => peer.connections.length).toBe(2);
    await request;
    await expect.poll(() => peer.connections.map((each) => each.isOpen())).toEqual([false, true]);
    expect(peer.requests("updateSession").length).toBe(1);
  });

  test("keeps the first connection when the second one cannot be had", async () => {
    const peer = await startPeer();
    const connection = connect(peer);
    const names = follow(connection);
    connection.open();
    await connection.state.until(isOpen);
    peer.refuseUpgrades = 503;
    peer.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
    await connection.state.until(({ name }) => name === "handingOver");
    await connection.state.until(isOpen);
    expect(names).toEqual(["idle", "connecting", "open", "handingOver", "open"]);
    await connection.request<"updateSession">({ action: "updateSession", status: "paused" });
    peer.refuseUpgrades = undefined;
    await expect.poll(() => peer.connections.length).toBe(2);
  });

  test("goes on with the second connection when the first is cut meanwhile", async () => {
    const peer = await startPeer();
    const attach = async (): Promise<void> => {
      if (peer.connections.length === 2) peer.connections[0]?.cut();
      await Promise.resolve();
    };
    const connection = connect(peer, {}, { attach });
    const names = follow(connection);
    connection.open();
    await connection.state.until(isOpen);
    peer.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
    await connection.state.until(({ name }) => name === "handingOver");
    await connection.state.until(isOpen);
    expect(names).not.toContain("waitingToRetry");
  });
});
