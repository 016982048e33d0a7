import { expect, test, describe } from "vitest";
import type { ErrorCode } from "../../src/client/index.ts";
import { error } from "./peerSession.ts";
import { connect, createSpeaker, isOpen, startPeer } from "./support.ts";

describe("a request", () => {
  test("is sent again with the same requestId when its reply is lost", async () => {
    const peer = await startPeer();
    let losses = 2;
    peer.fault = ({ action }) => (action === "updateSession" && losses-- > 0 ? "lose" : undefined);
    const connection = connect(peer, { reply: 40 });
    connection.open();
    const reply = await connection.request<"updateSession">({ action: "updateSession", status: "paused" });
    expect(reply.status).toBe("paused");
    expect(new Set(peer.requests("updateSession").map(({ requestId }) => requestId)).size).toBe(1);
  });

  test("waits as long as the server says", async () => {
    const peer = await startPeer();
    peer.fault = (message) =>
      message.action === "updateSession" && peer.requests("updateSession").length === 1
        ? { reply: { ...error("RATE_LIMITED", message.requestId), retryAfter: 1 } as never }
        : undefined;
    const connection = connect(peer);
    connection.open();
    await connection.request<"updateSession">({ action: "updateSession", status: "paused" });
    expect(peer.requests("updateSession").length).toBe(2);
  });

  test.each(["updateSession", "endSession", "publish"] as const)(
    "that meets UNAVAILABLE is sent again with the same requestId: %s",
    async (action) => {
      const peer = await startPeer();
      peer.fault = (message) =>
        message.action === action && peer.requests(action).length === 1
          ? { reply: { ...error("UNAVAILABLE", message.requestId), retryAfter: 1 } as never }
          : undefined;
      const speaker = await createSpeaker(peer);
      await {
        updateSession: () => speaker.pause(),
        endSession: () => speaker.end(),
        publish: () => speaker.publish({ data: "hello" }),
      }[action]();
      const ids = peer.requests(action).map(({ requestId }) => requestId);
      expect(ids).toEqual([ids[0], ids[0]]);
      expect(peer.connections.length).toBe(1);
    },
  );

  test("goes again on a new connection when the server takes this one for gone", async () => {
    const peer = await startPeer();
    peer.fault = (message, { number }) =>
      message.action === "publish" && number === 0
        ? { reply: error("UNAVAILABLE", message.requestId) }
        : undefined;
    const speaker = await createSpeaker(peer);
    expect(await speaker.publish({ data: "hello" })).toBe(1);
    expect(peer.connections.map((each) => each.isOpen())).toEqual([false, true]);
    expect(new Set(peer.requests("publish").map(({ requestId }) => requestId)).size).toBe(1);
  });

  test.each(["INTERNAL", "FROM_A_NEWER_STACK"])(
    "that meets %s again and again is repeated once",
    async (code) => {
      const peer = await startPeer();
      const violations = peer.violations;
      peer.fault = ({ action, requestId }) =>
        action === "publish" ? { reply: error(code as ErrorCode, requestId) } : undefined;
      const speaker = await createSpeaker(peer);
      const poison = speaker.publish({ data: "poison" });
      const next = speaker.publish({ data: "after it" });
      await expect(poison).rejects.toMatchObject({ code: "INTERNAL" });
      expect(peer.requests("publish").filter(({ data }) => data === "poison").length).toBe(2);
      peer.fault = () => undefined;
      violations.length = 0; // the newer stack's code is none of this one's
      expect(await next).toBe(1);
    },
  );

  test("is refused at once when the server refuses", async () => {
    const peer = await startPeer();
    peer.fault = ({ requestId }) => ({ reply: error("INVALID_QUALITY", requestId) });
    const connection = connect(peer);
    connection.open();
    const request = connection.request<"updateSession">({ action: "updateSession", status: "paused" });
    await expect(request).rejects.toMatchObject({ code: "INVALID_QUALITY" });
    expect(peer.requests("updateSession").length).toBe(1);
  });

  test("ends with TIMEOUT when no connection comes before its deadline", async () => {
    const peer = await startPeer();
    peer.refuseUpgrades = 503;
    const connection = connect(peer);
    connection.open();
    const request = connection.request<"endSession">({ action: "endSession" }, { deadline: 50 });
    await expect(request).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  test("that is not answered puts the connection in doubt", async () => {
    const peer = await startPeer();
    const connection = connect(peer, { reply: 40, doubt: 40 });
    connection.open();
    await connection.state.until(isOpen);
    peer.silent = true;
    const request = connection.request<"endSession">({ action: "endSession" });
    await connection.state.until(({ name }) => name === "waitingToRetry");
    peer.silent = false;
    expect((await request).reason).toBe("ended");
  });

  test("can be aborted while it waits", async () => {
    const peer = await startPeer();
    const connection = connect(peer);
    const abort = new AbortController();
    const request = connection.request<"endSession">({ action: "endSession" }, { signal: abort.signal });
    abort.abort(new Error("changed my mind"));
    await expect(request).rejects.toThrow("changed my mind");
  });

  test("is refused when too many wait already", async () => {
    const peer = await startPeer();
    const connection = connect(peer);
    const waiting = Array.from({ length: 65 }, async () =>
      connection.request<"endSession">({ action: "endSession" }).catch((thrown: unknown) => thrown),
    );
    expect(await waiting.at(-1)).toMatchObject({ code: "QUEUE_FULL" });
    connection.close();
    expect(await waiting[0]).toMatchObject({ code: "CLOSED" });
  });

  test("too large for a frame is refused before it is sent", async () => {
    const peer = await startPeer();
    const connection = connect(peer);
    connection.open();
    const request = connection.request<"publish">({ action: "publish", data: "x".repeat(40_000) });
    await expect(request).rejects.toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
    expect(peer.received).toEqual([]);
    expect(connection.state.value.name).toBe("open");
  });
});
