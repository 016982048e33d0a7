/** The hooks in React itself, on the in-memory server. */
import "../../testSupport/dom.ts";
import { act, createElement, StrictMode, type ReactNode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { appSyncEvents } from "../channel/appSyncEvents.ts";
import { createClient, SessionError, type Language, type SessionClient } from "../index.ts";
import { startServers } from "../../testSupport/channelHarness.ts";
import {
  createSpeaker,
  NodeWebSocket,
  QUICK,
  say,
  startFakeServer,
  token,
} from "../../testSupport/harness.ts";
import type { FakeServer } from "../../testSupport/fakeServer.ts";
import { useListener, useSpeaker, type ListenerHook, type SpeakerHook } from "./index.ts";

const BODY = { sourceLanguage: "en", quality: "standard" } as const;

let root: Root;

const environment = globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean };

beforeEach(() => {
  vi.spyOn(console, "error");
  root = createRoot(document.createElement("div"));
});
afterEach(async () => {
  await inAct(() => root.unmount());
  expect(console.error).not.toHaveBeenCalled(); // React reports its warnings there
  vi.restoreAllMocks();
});

async function render(node: ReactNode): Promise<void> {
  await inAct(() => root.render(node));
}

/**
 * Awaits an action and the updates that it causes. Outside of it, the sockets cause updates at any time, and
 * React processes them by itself as in a browser.
 */
async function inAct(action: () => unknown): Promise<void> {
  environment.IS_REACT_ACT_ENVIRONMENT = true;
  try {
    await act(async () => {
      await action();
    });
  } finally {
    environment.IS_REACT_ACT_ENVIRONMENT = false;
  }
}

async function eventually(check: () => unknown, expected: unknown): Promise<void> {
  await expect.poll(check).toEqual(expected);
}

function clientOf(server: FakeServer, more: object = {}): SessionClient {
  const config = { webSocketUrl: server.url, httpUrl: server.httpUrl };
  return createClient(config, {
    token: () => token("user"),
    WebSocket: NodeWebSocket,
    timings: QUICK,
    ...more,
  });
}

interface ListenerProps {
  readonly client: SessionClient;
  readonly sessionId: string | undefined;
  readonly targetLanguage?: Language;
}

/** Returns a component that listens, with every value that its hook returned and every message that it got. */
function makeListener() {
  const results: ListenerHook[] = [];
  const received: string[] = [];
  const Listener = ({ client, sessionId, targetLanguage = "de" }: ListenerProps): null => {
    const onMessage = ({ data }: { data: string }): void => void received.push(data);
    results.push(useListener(client, sessionId, { targetLanguage, onMessage }));
    return null;
  };
  const show = async (props: ListenerProps): Promise<void> => render(createElement(Listener, props));
  return { Listener, show, received, results, latest: () => results.at(-1) };
}

describe("useListener", () => {
  test("joins, renders each state, and passes each message once", async () => {
    const server = await startFakeServer();
    const { show, received, results, latest } = makeListener();
    await show({ client: clientOf(server), sessionId: "caring-king-275" });
    await eventually(() => latest()?.connection.name, "open");
    say(server, 3);
    await eventually(() => received, ["m1", "m2", "m3"]);
    expect(results.map(({ connection }) => connection.name)).toEqual(
      expect.arrayContaining(["idle", "connecting", "open"]),
    );
    expect(latest()?.state).toMatchObject({ status: "active", targetLanguage: "de" });
  });

  test("receives on the channel of the client's option, and closes it when the component unmounts", async () => {
    const { server, api } = await startServers();
    const { show, received } = makeListener();
    await show({ client: clientOf(server, { channel: appSyncEvents() }), sessionId: "caring-king-275" });
    await eventually(() => server.session.onChannel.size, 1);
    say(server, 2);
    await eventually(() => received, ["m1", "m2"]);
    await render(null);
    await eventually(() => api.openConnections, []);
  });

  test("leaves the session when the component unmounts", async () => {
    const server = await startFakeServer();
    const { show, latest } = makeListener();
    await show({ client: clientOf(server), sessionId: "caring-king-275" });
    await eventually(() => latest()?.connection.name, "open");
    await render(null);
    await eventually(() => server.requests("leaveSession").length, 1);
    await eventually(() => server.connections.some((connection) => connection.isOpen()), false);
  });

  test("joins once per mount in StrictMode, which mounts twice, and leaves one connection open", async () => {
    const server = await startFakeServer();
    const { Listener, received, latest } = makeListener();
    const props = { client: clientOf(server), sessionId: "caring-king-275" };
    await render(createElement(StrictMode, null, createElement(Listener, props)));
    await eventually(() => latest()?.connection.name, "open");
    await eventually(() => server.connections.filter((connection) => connection.isOpen()).length, 1);
    expect(server.session.listeners.size).toBe(1);
    say(server, 2);
    await eventually(() => received, ["m1", "m2"]);
  });

  test("leaves one session and joins the other when the id changes, and none without an id", async () => {
    const server = await startFakeServer();
    const { show, latest } = makeListener();
    const client = clientOf(server);
    await show({ client, sessionId: undefined });
    expect(latest()).toMatchObject({ listener: undefined, state: undefined, connection: { name: "idle" } });
    await show({ client, sessionId: "caring-king-275" });
    await eventually(() => latest()?.connection.name, "open");
    await show({ client, sessionId: "brave-queen-300" });
    // A listener that has not joined yet leaves without a request.
    await eventually(
      () => [latest()?.state?.sessionId, latest()?.connection.name],
      ["brave-queen-300", "open"],
    );
    await eventually(
      () => server.requests("joinSession").map(({ sessionId }) => sessionId),
      ["caring-king-275", "brave-queen-300"],
    );
    await eventually(() => server.requests("leaveSession").length, 1);
    await show({ client, sessionId: undefined });
    await eventually(() => server.requests("leaveSession").length, 2);
    expect(latest()?.state).toBeUndefined();
  });

  test("changes the language on the open connection", async () => {
    const server = await startFakeServer();
    const { show, latest } = makeListener();
    const props = { client: clientOf(server), sessionId: "caring-king-275" };
    await show(props);
    await eventually(() => latest()?.connection.name, "open");
    await show({ ...props, targetLanguage: "fr" });
    await eventually(
      () => server.requests("joinSession").map(({ targetLanguage }) => targetLanguage),
      ["de", "fr"],
    );
    expect(server.connections.length).toBe(1);
  });

  test("connects at once on request while it waits for the next attempt", async () => {
    const server = await startFakeServer();
    server.refuseUpgrades = 503;
    const { show, latest } = makeListener();
    const timings = { ...QUICK, backoff: { baseMs: 600_000, capMs: 600_000 } };
    await show({ client: clientOf(server, { timings }), sessionId: "caring-king-275" });
    await eventually(() => latest()?.connection.name, "waitingToRetry");
    server.refuseUpgrades = undefined;
    await inAct(() => latest()?.reconnect());
    await eventually(() => latest()?.connection.name, "open");
  });

  test("returns the failure of the join", async () => {
    const server = await startFakeServer();
    server.session.isGone = true;
    const { show, latest } = makeListener();
    await show({ client: clientOf(server), sessionId: "caring-king-275" });
    await eventually(() => (latest()?.error as SessionError | undefined)?.code, "SESSION_NOT_FOUND");
    await eventually(() => latest()?.connection.name, "closed");
  });
});

/** Returns a component that speaks, with every value that its hook returned. */
function makeSpeaker() {
  const results: SpeakerHook[] = [];
  const Speaker = ({ client }: { client: SessionClient }): null => {
    results.push(useSpeaker(client));
    return null;
  };
  return { Speaker, results, latest: () => results.at(-1) };
}

describe("useSpeaker", () => {
  test("creates a session on request and renders each state", async () => {
    const server = await startFakeServer();
    const { Speaker, results, latest } = makeSpeaker();
    await render(createElement(Speaker, { client: clientOf(server) }));
    expect(latest()).toMatchObject({ speaker: undefined, isStarting: false, connection: { name: "idle" } });
    await inAct(() => void latest()?.create(BODY));
    expect(latest()?.isStarting).toBe(true);
    await eventually(() => latest()?.isStarting, false);
    expect(latest()).toMatchObject({
      isStarting: false,
      error: undefined,
      state: { sessionId: "caring-king-275", status: "active" },
      connection: { name: "open" },
    });
    expect(results.map(({ connection }) => connection.name)).toContain("connecting");
    expect(await latest()?.speaker?.publish({ data: "hello" })).toBe(1);
  });

  test("connects at once on request, also before the session exists", async () => {
    const server = await startFakeServer();
    server.refuseUpgrades = 503;
    const { Speaker, latest } = makeSpeaker();
    const timings = { ...QUICK, backoff: { baseMs: 600_000, capMs: 600_000 } };
    await render(createElement(Speaker, { client: clientOf(server, { timings }) }));
    await inAct(() => void latest()?.create(BODY));
    await eventually(() => latest()?.connection.name, "waitingToRetry");
    server.refuseUpgrades = undefined;
    await inAct(() => latest()?.reconnect());
    await eventually(() => latest()?.state?.sessionId, "caring-king-275");
  });

  test("resumes a session on request", async () => {
    const server = await startFakeServer();
    await createSpeaker(server);
    const { Speaker, latest } = makeSpeaker();
    await render(createElement(Speaker, { client: clientOf(server) }));
    await inAct(async () => latest()?.resume("caring-king-275"));
    expect(latest()?.state).toMatchObject({ sessionId: "caring-king-275", generation: 2 });
  });

  test("closes the connection on unmount and does not end the session", async () => {
    const server = await startFakeServer();
    const { Speaker, latest } = makeSpeaker();
    await render(createElement(Speaker, { client: clientOf(server) }));
    await inAct(async () => latest()?.create(BODY));
    await render(null);
    await eventually(() => server.connections.map((connection) => connection.isOpen()), [false]);
    expect(server.requests("endSession")).toEqual([]);
  });

  test("closes a connection whose start finishes after the unmount", async () => {
    const server = await startFakeServer();
    server.fault = ({ action }) => (action === "createSession" ? { late: 30 } : undefined);
    const { Speaker, latest } = makeSpeaker();
    await render(createElement(Speaker, { client: clientOf(server) }));
    await inAct(() => void latest()?.create(BODY));
    await eventually(() => server.requests("createSession").length, 1);
    await render(null);
    await eventually(() => server.connections.map((connection) => connection.isOpen()), [false]);
  });

  test("keeps working in StrictMode, which mounts twice", async () => {
    const server = await startFakeServer();
    const { Speaker, latest } = makeSpeaker();
    const speaker = createElement(Speaker, { client: clientOf(server) });
    await render(createElement(StrictMode, null, speaker));
    await inAct(async () => latest()?.create(BODY));
    await eventually(() => latest()?.connection.name, "open");
    expect(server.connections.map((connection) => connection.isOpen())).toEqual([true]);
  });

  test("returns the failure of the start, and clears it at the next one", async () => {
    const server = await startFakeServer();
    let signedIn = false;
    const client = clientOf(server, { token: () => (signedIn ? token("user") : undefined) });
    const { Speaker, latest } = makeSpeaker();
    await render(createElement(Speaker, { client }));
    await inAct(async () => latest()?.create(BODY));
    expect(latest()).toMatchObject({ error: { code: "UNAUTHORIZED" }, isStarting: false });
    signedIn = true;
    await inAct(async () => latest()?.create(BODY));
    expect(latest()).toMatchObject({ error: undefined, connection: { name: "open" } });
  });
});
