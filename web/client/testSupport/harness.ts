import { WebSocket } from "ws";
import { afterEach, expect, onTestFinished } from "vitest";
import {
  ListenerService,
  SessionCreationOrchestrator,
  SpeakerConnection,
  type Connection,
  type ConnectionStateName,
  type ListenerOptions,
  type TokenProvider,
  type WebSocketClass,
} from "../src/index.ts";
import { TRANSITIONS } from "../src/connectionState.ts";
import { FakeServer } from "./fakeServer.ts";

/**
 * Production's waits, scaled so that tests run in milliseconds. The limits of replies and handshakes stay: on a
 * busy machine a shorter one passes by itself. A test of a time-out sets its own limit.
 */
export const QUICK = {
  drainTimeoutMs: 200,
  gapDelayMs: 20,
  tokenRefreshFloorMs: 5,
  backoff: { baseMs: 5, capMs: 20 },
} as const;

/** The package ws implements the browser interface as far as the library uses it. */
export const NodeWebSocket: WebSocketClass = WebSocket;

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

export function atEnd(close: () => Promise<void> | void): void {
  closers.push(close);
}

export async function startFakeServer(): Promise<FakeServer> {
  const server = await FakeServer.start();
  atEnd(async () => {
    await server.stop();
    expect(server.violations).toEqual([]);
  });
  return server;
}

/** Returns an unsigned token with these claims. */
export function makeToken(claims: object): string {
  return `head.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.signature`;
}

const tokens = new Map<string, string>();
afterEach(() => tokens.clear());

/** Returns an unsigned token with the claims that clients read; the same one throughout a test. */
export function token(name: string, secondsLeft = 3600): string {
  const key = `${name} ${secondsLeft}`;
  const made = makeToken({ name, exp: Math.floor(Date.now() / 1000) + secondsLeft });
  if (!tokens.has(key)) tokens.set(key, made);
  return tokens.get(key) ?? made;
}

export function options(server: FakeServer, timings: object = {}) {
  return {
    url: server.url,
    token: async () => Promise.resolve(token("speaker")),
    WebSocket: NodeWebSocket,
    timings: { ...QUICK, ...timings },
  };
}

export async function createSpeaker(server: FakeServer, timings: object = {}) {
  const orchestrator = new SessionCreationOrchestrator(options(server, timings));
  const speaker = await orchestrator.createSession({ sourceLanguage: "en", quality: "standard" });
  atEnd(() => speaker.connection.close());
  return speaker;
}

/** Returns a provider that heeds `forceRefresh`: each call has another token. */
export function eachTimeAnother(): TokenProvider {
  let count = 0;
  return async () => Promise.resolve(token(`token ${count++}`));
}

export function makeListener(
  server: FakeServer,
  timings: object = {},
  isHeard = true,
  provider: Partial<Pick<ListenerOptions, "token" | "channel">> = {},
) {
  const listener = new ListenerService({
    ...options(server, timings),
    ...provider,
    sessionId: "caring-king-275",
    targetLanguage: "de",
  });
  const heard: string[] = [];
  if (isHeard) listener.messages.on((message) => heard.push(message.data));
  atEnd(() => listener.connection.close());
  return { listener, heard };
}

/** Records a connection's states and fails the test after a change that the table does not allow. */
export function follow(connection: Connection): ConnectionStateName[] {
  const names: ConnectionStateName[] = [];
  const illegal: string[] = [];
  connection.state.subscribe(({ name }) => {
    const before = names.at(-1);
    if (before && !TRANSITIONS[before].includes(name)) illegal.push(`${before} -> ${name}`);
    names.push(name);
  });
  onTestFinished(() => {
    if (illegal.length > 0) throw new Error(`forbidden changes of state: ${illegal.join(", ")}`);
  });
  return names;
}

export function numbered(count: number, from = 1): string[] {
  return Array.from({ length: count }, (_, index) => `m${from + index}`);
}

/** Appends this many messages to the session's log. */
export function say(server: FakeServer, count: number): void {
  for (const data of numbered(count, server.session.log.length + 1)) server.session.append(data);
}

/** Returns a connection that attaches to no session. */
export function connect(server: FakeServer, timings: object = {}, more: object = {}): SpeakerConnection {
  const connection = new SpeakerConnection({
    ...options(server, timings),
    attach: async () => Promise.resolve(undefined),
    ...more,
  });
  atEnd(() => connection.close());
  return connection;
}

/** Returns a promise and the function that resolves it. */
export function makeSignal(): { readonly sent: Promise<void>; readonly send: () => void } {
  let send = (): void => undefined;
  const sent = new Promise<void>((resolve) => (send = resolve));
  return { sent, send };
}

export const isOpen = ({ name }: { name: string }): boolean => name === "open";
export const isClosed = ({ name }: { name: string }): boolean => name === "closed";
