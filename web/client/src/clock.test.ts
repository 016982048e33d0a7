import { expect, test } from "vitest";
import { connect, isOpen, makeToken, startFakeServer } from "../testSupport/harness.ts";
import type { FakeServer } from "../testSupport/fakeServer.ts";

const MINUTE_MS = 60_000;

/** Returns a provider that issues a token by the server's clock at each forced refresh, and counts its calls. */
function serverIssuedTokens(server: FakeServer, lifetimeSeconds: number) {
  let issued = 0;
  const issue = (): string => {
    const iat = Math.floor(server.session.nowMs / 1000);
    return makeToken({ jti: issued++, iat, exp: iat + lifetimeSeconds });
  };
  let cached = issue();
  const provider = async ({ forceRefresh }: { forceRefresh: boolean }): Promise<string> => {
    if (forceRefresh) cached = issue();
    return Promise.resolve(cached);
  };
  return { provider, issued: () => issued };
}

test.each([
  ["an hour ahead", 60, 3600],
  ["59 minutes ahead", 59, 3600],
  ["an hour behind", -60, 3600],
  ["an hour ahead, with tokens of five minutes", 60, 300],
] as const)(
  "a device clock %s neither refuses a token nor refreshes it again and again",
  async (_, minutes, lifetime) => {
    const server = await startFakeServer();
    server.session.clockOffsetMs = -minutes * MINUTE_MS;
    const { provider, issued } = serverIssuedTokens(server, lifetime);
    const connection = connect(
      server,
      { tokenRefreshLeadMs: 2 * MINUTE_MS, tokenRefreshFloorMs: 0, heartbeatIntervalMs: 20 },
      { token: provider, httpUrl: server.httpUrl },
    );
    connection.open();
    await connection.state.until(isOpen);
    await expect.poll(() => server.requests("heartbeat").length).toBeGreaterThan(5);
    expect(connection.state.value.name).toBe("open");
    expect(issued()).toBeLessThanOrEqual(4);
    expect(server.connections.length).toBe(1);
  },
);
