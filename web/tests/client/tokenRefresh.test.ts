import { describe, expect, test } from "vitest";
import { error } from "./peerSession.ts";
import { connect, isOpen, startPeer, token } from "./support.ts";

describe("the token of an open connection", () => {
  test("is replaced shortly before it runs out", async () => {
    const peer = await startPeer();
    const tokens = [token("first", 10), token("second", 3600)];
    const connection = connect(
      peer,
      { tokenLead: 10_000 },
      { token: async () => Promise.resolve(tokens.shift()) },
    );
    connection.open();
    await expect
      .poll(() => peer.requests("refreshToken").map((each) => each.token))
      .toEqual([token("second")]);
    expect(peer.connections.length).toBe(1);
  });

  test("is replaced again when the new one runs out in turn", async () => {
    const peer = await startPeer();
    const tokens = [token("first", 10), token("second", 10), token("third", 3600)];
    const provider = async () => Promise.resolve(tokens.shift());
    const connection = connect(peer, { tokenLead: 10_000 }, { token: provider });
    connection.open();
    const refreshed = (): string[] => peer.requests("refreshToken").map((each) => each.token);
    await expect.poll(refreshed).toEqual([token("second", 10), token("third")]);
  });

  test("is replaced when the server says that it expires", async () => {
    const peer = await startPeer();
    const connection = connect(peer);
    connection.open();
    await connection.state.until(isOpen);
    peer.connections[0]?.push({ type: "tokenExpiring", secondsLeft: 100 });
    await expect.poll(() => peer.requests("refreshToken").length).toBe(1);
  });

  test("is replaced when a request meets TOKEN_EXPIRED, and the request goes again", async () => {
    const peer = await startPeer();
    peer.fault = (message) =>
      message.action === "updateSession" && peer.requests("refreshToken").length === 0
        ? { reply: error("TOKEN_EXPIRED", message.requestId) }
        : undefined;
    const connection = connect(peer);
    connection.open();
    const reply = await connection.request<"updateSession">({ action: "updateSession", status: "paused" });
    expect(reply.status).toBe("paused");
  });
});
