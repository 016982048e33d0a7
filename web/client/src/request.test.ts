import { expect, test, describe } from "vitest";
import type { ErrorCode } from "./index.ts";
import { error } from "../testSupport/fakeSession.ts";
import { connect, createSpeaker, isOpen, startFakeServer } from "../testSupport/harness.ts";

describe("a request", () => {
  test("is repeated with the same requestId when its reply is lost", async () => {
    const server = await startFakeServer();
    let losses = 2;
    server.fault = ({ action }) => (action === "updateSession" && losses-- > 0 ? "lose" : undefined);
    const connection = connect(server, { replyTimeoutMs: 40 });
    connection.open();
    const reply = await connection.request<"updateSession">({ action: "updateSession", status: "paused" });
    expect(reply.status).toBe("paused");
    expect(new Set(server.requests("updateSession").map(({ requestId }) => requestId)).size).toBe(1);
  });

  test("is repeated after retryAfter", async () => {
    const server = await startFakeServer();
    server.fault = (message) =>
      message.action === "updateSession" && server.requests("updateSession").length === 1
        ? { reply: { ...error("RATE_LIMITED", message.requestId), retryAfter: 1 } as never }
        : undefined;
    const connection = connect(server);
    connection.open();
    await connection.request<"updateSession">({ action: "updateSession", status: "paused" });
    expect(server.requests("updateSession").length).toBe(2);
  });

  test.each(["updateSession", "endSession", "publish"] as const)(
    "that fails with UNAVAILABLE is repeated with the same requestId: %s",
    async (action) => {
      const server = await startFakeServer();
      server.fault = (message) =>
        message.action === action && server.requests(action).length === 1
          ? { reply: { ...error("UNAVAILABLE", message.requestId), retryAfter: 1 } as never }
          : undefined;
      const speaker = await createSpeaker(server);
      await {
        updateSession: () => speaker.pause(),
        endSession: () => speaker.end(),
        publish: () => speaker.publish({ data: "hello" }),
      }[action]();
      const ids = server.requests(action).map(({ requestId }) => requestId);
      expect(ids).toEqual([ids[0], ids[0]]);
      expect(server.connections.length).toBe(1);
    },
  );

  test("is repeated on a new connection when the server has lost the record of this one", async () => {
    const server = await startFakeServer();
    server.fault = (message, { number }) =>
      message.action === "publish" && number === 0
        ? { reply: error("UNAVAILABLE", message.requestId) }
        : undefined;
    const speaker = await createSpeaker(server);
    expect(await speaker.publish({ data: "hello" })).toBe(1);
    await expect.poll(() => server.connections.map((each) => each.isOpen())).toEqual([false, true]);
    expect(new Set(server.requests("publish").map(({ requestId }) => requestId)).size).toBe(1);
  });

  test.each(["INTERNAL", "FROM_A_NEWER_STACK"])(
    "that meets %s again and again is repeated once",
    async (code) => {
      const server = await startFakeServer();
      const violations = server.violations;
      server.fault = ({ action, requestId }) =>
        action === "publish" ? { reply: error(code as ErrorCode, requestId) } : undefined;
      const speaker = await createSpeaker(server);
      const poison = speaker.publish({ data: "poison" });
      const next = speaker.publish({ data: "after it" });
      await expect(poison).rejects.toMatchObject({ code: "INTERNAL" });
      expect(server.requests("publish").filter(({ data }) => data === "poison").length).toBe(2);
      server.fault = () => undefined;
      violations.length = 0; // the newer stack's code is none of this one's
      expect(await next).toBe(1);
    },
  );

  test("fails at once when the server refuses it", async () => {
    const server = await startFakeServer();
    server.fault = ({ requestId }) => ({ reply: error("INVALID_QUALITY", requestId) });
    const connection = connect(server);
    connection.open();
    const request = connection.request<"updateSession">({ action: "updateSession", status: "paused" });
    await expect(request).rejects.toMatchObject({ code: "INVALID_QUALITY" });
    expect(server.requests("updateSession").length).toBe(1);
  });

  test("fails with TIMEOUT when no connection opens before its deadline", async () => {
    const server = await startFakeServer();
    server.refuseUpgrades = 503;
    const connection = connect(server);
    connection.open();
    const request = connection.request<"endSession">({ action: "endSession" }, { timeoutMs: 50 });
    await expect(request).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  test("without a reply makes the client probe the connection", async () => {
    const server = await startFakeServer();
    const connection = connect(server, { replyTimeoutMs: 40, probeTimeoutMs: 40 });
    connection.open();
    await connection.state.until(isOpen);
    server.silent = true;
    const request = connection.request<"endSession">({ action: "endSession" });
    await connection.state.until(({ name }) => name === "waitingToRetry");
    server.silent = false;
    expect((await request).reason).toBe("ended");
  });

  test("can be aborted while it waits", async () => {
    const server = await startFakeServer();
    const connection = connect(server);
    const abort = new AbortController();
    const request = connection.request<"endSession">({ action: "endSession" }, { signal: abort.signal });
    abort.abort(new Error("changed my mind"));
    await expect(request).rejects.toThrow("changed my mind");
  });

  test("is rejected with QUEUE_FULL when too many requests wait", async () => {
    const server = await startFakeServer();
    const connection = connect(server);
    const waiting = Array.from({ length: 65 }, async () =>
      connection.request<"endSession">({ action: "endSession" }).catch((thrown: unknown) => thrown),
    );
    expect(await waiting.at(-1)).toMatchObject({ code: "QUEUE_FULL" });
    connection.close();
    expect(await waiting[0]).toMatchObject({ code: "CLOSED" });
  });

  test("too large for a frame is rejected before it is sent", async () => {
    const server = await startFakeServer();
    const connection = connect(server);
    connection.open();
    const request = connection.request<"publish">({ action: "publish", data: "x".repeat(40_000) });
    await expect(request).rejects.toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
    expect(server.received).toEqual([]);
    expect(connection.state.value.name).toBe("open");
  });
});
