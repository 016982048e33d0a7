import { describe, expect, test } from "vitest";
import { error } from "../testSupport/fakeSession.ts";
import { makeListener, say, startFakeServer } from "../testSupport/harness.ts";

describe("a full session", () => {
  test("is reported to a new listener", async () => {
    const server = await startFakeServer();
    server.fault = ({ requestId }) => ({ reply: error("SESSION_FULL", requestId) });
    await expect(makeListener(server).listener.join()).rejects.toMatchObject({ code: "SESSION_FULL" });
  });

  test("makes a listener that was in the session wait for a place", async () => {
    const server = await startFakeServer();
    const { listener } = makeListener(server);
    await listener.join();
    let full = 2;
    server.fault = ({ requestId }) => (full-- > 0 ? { reply: error("SESSION_FULL", requestId) } : undefined);
    server.connections[0]?.drop();
    await expect.poll(() => server.requests("joinSession").length).toBe(4);
    await listener.connection.state.until(({ name }) => name === "open");
  });

  test("allows a handover: the new connection takes the old one's place", async () => {
    const server = await startFakeServer();
    const { listener, heard } = makeListener(server);
    await listener.join();
    let places = 0;
    server.fault = ({ action, requestId }) => {
      if (action === "leaveSession") places = 1;
      if (action !== "joinSession") return undefined;
      if (places-- <= 0) return { reply: error("SESSION_FULL", requestId) };
      say(server, 1); // between the two places
      return undefined;
    };
    server.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
    await expect.poll(() => server.connections.map((each) => each.isOpen())).toEqual([false, true]);
    say(server, 1);
    await expect.poll(() => heard).toEqual(["m1", "m2"]);
    expect(server.requests("leaveSession").length).toBe(1);
    expect(listener.connection.state.value.name).toBe("open");
  });

  test("that a new listener filled meanwhile makes the listener wait, and the old connection is closed", async () => {
    const server = await startFakeServer();
    const { listener, heard } = makeListener(server);
    await listener.join();
    let full = 2;
    server.fault = ({ action, requestId }) =>
      action === "joinSession" && full-- > 0 ? { reply: error("SESSION_FULL", requestId) } : undefined;
    server.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
    await expect.poll(() => server.requests("joinSession").length).toBe(4);
    await listener.connection.state.until(({ name }) => name === "open");
    say(server, 1);
    await expect.poll(() => heard).toEqual(["m1"]);
    await expect.poll(() => server.connections[0]?.isOpen()).toBe(false);
  });
});
