/** Listeners of the fake server that receive a session's messages on the fake Event API. */
import { expect } from "vitest";
import { appSyncEvents } from "../src/channel/appSyncEvents.ts";
import type { SessionMessage } from "../src/index.ts";
import { FakeEventApi, type FakeEventConnection } from "./fakeEventApi.ts";
import type { FakeServer } from "./fakeServer.ts";
import { atEnd, makeListener, startFakeServer } from "./harness.ts";

export const NAME = "caring-king-275";
/** As in production, the first wait is longer than the time over which joins are spread. */
const BACKOFF = { baseMs: 100, capMs: 200 };

/** Starts a server whose session offers a channel. */
export async function startServers(): Promise<{ server: FakeServer; api: FakeEventApi }> {
  const api = await FakeEventApi.start();
  const server = await startFakeServer();
  server.session.eventApi = api;
  atEnd(async () => {
    await api.stop();
    expect(api.violations).toEqual([]);
  });
  return { server, api };
}

export function channelListener(server: FakeServer, timings: object = {}, backoff = BACKOFF) {
  return makeListener(server, timings, true, { channel: appSyncEvents({ backoff }) });
}

/** Joins and waits until the server pushes on the channel. */
export async function joinOnChannel(server: FakeServer, timings: object = {}) {
  const made = channelListener(server, timings);
  await made.listener.join();
  await isOnChannel(server);
  return made;
}

export async function isOnChannel(server: FakeServer, count = 1): Promise<void> {
  await expect.poll(() => server.session.onChannel.size).toBe(count);
}

export async function isDirect(server: FakeServer): Promise<void> {
  await expect
    .poll(() => server.session.listeners.size > 0 && server.session.onChannel.size === 0)
    .toBe(true);
}

/** Makes the channel's WebSocket as silent as after a network loss. */
export function killChannel(api: FakeEventApi): FakeEventConnection | undefined {
  const connection = api.openConnections.at(-1);
  if (connection) connection.isDead = true;
  return connection;
}

/** Counts the session's messages that the server pushes on connections from now on, replays included. */
export function countPushes(server: FakeServer): () => number {
  let pushes = 0;
  server.session.deliver = (message, to) => {
    pushes++;
    to.push(message);
  };
  return () => pushes;
}

/** Returns a message of the session's log. */
export function logged(data: string, offset: number): SessionMessage {
  const publishedAt = "2026-01-01T00:00:00Z";
  return {
    type: "message",
    sessionId: NAME,
    epoch: "5f0c9a1e",
    offset,
    data,
    contentType: "text/plain",
    encoding: "utf8",
    publishedAt,
  };
}
