import { describe, expect, test } from "vitest";
import { error } from "../testSupport/fakeSession.ts";
import { connect, eachTimeAnother, isOpen, startFakeServer, token } from "../testSupport/harness.ts";

describe("the token of an open connection", () => {
  test("is replaced shortly before it expires", async () => {
    const server = await startFakeServer();
    const tokens = [token("first", 10), token("second", 3600)];
    const connection = connect(
      server,
      { tokenRefreshLeadMs: 10_000 },
      { token: async () => Promise.resolve(tokens.shift()) },
    );
    connection.open();
    await expect
      .poll(() => server.requests("refreshToken").map((each) => each.token))
      .toEqual([token("second")]);
    expect(server.connections.length).toBe(1);
  });

  test("is replaced again before the new one expires", async () => {
    const server = await startFakeServer();
    const tokens = [token("first", 10), token("second", 10), token("third", 3600)];
    const provider = async () => Promise.resolve(tokens.shift());
    const connection = connect(server, { tokenRefreshLeadMs: 10_000 }, { token: provider });
    connection.open();
    const refreshed = (): string[] => server.requests("refreshToken").map((each) => each.token);
    await expect.poll(refreshed).toEqual([token("second", 10), token("third")]);
  });

  test("is not sent again if the provider has no newer one yet; the provider is called again later", async () => {
    const server = await startFakeServer();
    let asked = 0;
    const provider = async () => {
      asked++;
      return Promise.resolve(token("only", 60));
    };
    const connection = connect(server, { tokenRefreshLeadMs: 120_000 }, { token: provider });
    connection.open();
    await expect.poll(() => asked).toBeGreaterThan(3);
    expect(server.requests("refreshToken")).toEqual([]);
    expect(connection.state.value.name).toBe("open");
  });

  test("is not requested after the connection has closed", async () => {
    const server = await startFakeServer();
    let asked = 0;
    let answer: (error: Error) => void = () => undefined;
    const provider = async (): Promise<string> => {
      if (asked++ === 0) return Promise.resolve(token("first", 60));
      return new Promise((_, reject) => (answer = reject));
    };
    const connection = connect(
      server,
      { tokenRefreshLeadMs: 120_000, backoff: { baseMs: 0, capMs: 0 } },
      { token: provider },
    );
    connection.open();
    await expect.poll(() => asked).toBe(2);
    connection.close();
    answer(new Error("no network"));
    await new Promise((resolve) => setTimeout(resolve, 0));
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(asked).toBe(2);
  });

  test("is replaced when the server says that it expires", async () => {
    const server = await startFakeServer();
    const connection = connect(server, {}, { token: eachTimeAnother() });
    connection.open();
    await connection.state.until(isOpen);
    server.connections[0]?.push({ type: "tokenExpiring", secondsLeft: 100 });
    await expect.poll(() => server.requests("refreshToken").length).toBe(1);
  });

  test("is replaced when a request fails with TOKEN_EXPIRED, and the request is repeated", async () => {
    const server = await startFakeServer();
    server.fault = (message) =>
      message.action === "updateSession" && server.requests("refreshToken").length === 0
        ? { reply: error("TOKEN_EXPIRED", message.requestId) }
        : undefined;
    const connection = connect(server, {}, { token: eachTimeAnother() });
    connection.open();
    const reply = await connection.request<"updateSession">({ action: "updateSession", status: "paused" });
    expect(reply.status).toBe("paused");
  });
});
