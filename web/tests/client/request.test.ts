import { expect, test, describe } from "vitest";
import { error } from "./peerSession.ts";
import { connect, isOpen, startPeer } from "./support.ts";

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
