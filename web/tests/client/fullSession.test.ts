import { describe, expect, test } from "vitest";
import { error } from "./peerSession.ts";
import { makeListener, say, startPeer } from "./support.ts";

describe("a full session", () => {
  test("is told to who comes new", async () => {
    const peer = await startPeer();
    peer.fault = ({ requestId }) => ({ reply: error("SESSION_FULL", requestId) });
    await expect(makeListener(peer).listener.join()).rejects.toMatchObject({ code: "SESSION_FULL" });
  });

  test("is waited for by who was in", async () => {
    const peer = await startPeer();
    const { listener } = makeListener(peer);
    await listener.join();
    let full = 2;
    peer.fault = ({ requestId }) => (full-- > 0 ? { reply: error("SESSION_FULL", requestId) } : undefined);
    peer.connections[0]?.cut();
    await expect.poll(() => peer.requests("joinSession").length).toBe(4);
    await listener.connection.state.until(({ name }) => name === "open");
  });

  test("is handed over within, by leaving the place to the new connection", async () => {
    const peer = await startPeer();
    const { listener, heard } = makeListener(peer);
    await listener.join();
    let places = 0;
    peer.fault = ({ action, requestId }) => {
      if (action === "leaveSession") places = 1;
      if (action !== "joinSession") return undefined;
      if (places-- <= 0) return { reply: error("SESSION_FULL", requestId) };
      say(peer, 1); // between the two places
      return undefined;
    };
    peer.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
    await expect.poll(() => peer.connections.map((each) => each.isOpen())).toEqual([false, true]);
    say(peer, 1);
    await expect.poll(() => heard).toEqual(["m1", "m2"]);
    expect(peer.requests("leaveSession").length).toBe(1);
    expect(listener.connection.state.value.name).toBe("open");
  });

  test("that a newcomer filled meanwhile is waited for, not listened to on the old connection", async () => {
    const peer = await startPeer();
    const { listener, heard } = makeListener(peer);
    await listener.join();
    let full = 2;
    peer.fault = ({ action, requestId }) =>
      action === "joinSession" && full-- > 0 ? { reply: error("SESSION_FULL", requestId) } : undefined;
    peer.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
    await expect.poll(() => peer.requests("joinSession").length).toBe(4);
    await listener.connection.state.until(({ name }) => name === "open");
    say(peer, 1);
    await expect.poll(() => heard).toEqual(["m1"]);
    expect(peer.connections[0]?.isOpen()).toBe(false);
  });
});
