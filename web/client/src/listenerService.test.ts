import { describe, expect, test } from "vitest";
import type { ServerMessage, SessionMessage } from "./index.ts";
import { error } from "../testSupport/fakeSession.ts";
import {
  eachTimeAnother,
  follow,
  makeListener,
  numbered,
  say,
  startFakeServer,
  token,
} from "../testSupport/harness.ts";

test("messages published after the join are received", async () => {
  const server = await startFakeServer();
  say(server, 2);
  const { listener, heard } = makeListener(server);
  await listener.join();
  say(server, 2);
  await expect.poll(() => heard).toEqual(["m3", "m4"]);
  expect(listener.state.value).toMatchObject({
    status: "active",
    sourceLanguage: "en",
    targetLanguage: "de",
  });
});

describe("every message is received once and in order", () => {
  test("across a lost connection", async () => {
    const server = await startFakeServer();
    const { listener, heard } = makeListener(server);
    await listener.join();
    say(server, 3);
    await expect.poll(() => heard.length).toBe(3);
    server.connections[0]?.drop();
    say(server, 3);
    await expect.poll(() => heard).toEqual(numbered(6));
    expect(server.requests("joinSession")[1]).toMatchObject({ epoch: "5f0c9a1e", offset: 3 });
  });

  test("when the connection is lost before the join's reply", async () => {
    const server = await startFakeServer();
    const { listener, heard } = makeListener(server);
    let joins = 0;
    server.fault = ({ action }) => (action === "joinSession" && joins++ === 0 ? "dropAfter" : undefined);
    await listener.join();
    say(server, 3);
    await expect.poll(() => heard).toEqual(numbered(3));
  });

  test("page by page after a long absence", async () => {
    const server = await startFakeServer();
    server.session.replayPage = 10;
    const { listener, heard } = makeListener(server);
    await listener.join();
    say(server, 1);
    await expect.poll(() => heard.length).toBe(1);
    server.connections[0]?.drop();
    say(server, 95);
    await expect.poll(() => heard).toEqual(numbered(96));
  });

  test("when pushes arrive in another order, twice, or not at all", async () => {
    const server = await startFakeServer();
    const kept: SessionMessage[] = [];
    const { listener, heard } = makeListener(server);
    await listener.join();
    server.session.deliver = (message, to) => {
      if (message.offset % 7 === 3) return;
      kept.push(message);
      if (kept.length < 4) return;
      for (const late of kept.splice(0).reverse()) {
        to.push(late);
        to.push(late);
      }
    };
    say(server, 30);
    server.session.deliver = (message, to) => to.push(message);
    say(server, 1);
    await expect.poll(() => heard).toEqual(numbered(31));
    expect(server.connections.length).toBe(1);
  });

  test("when a replayed message is lost and no later message shows the gap", async () => {
    const server = await startFakeServer();
    const { listener, heard } = makeListener(server);
    await listener.join();
    say(server, 1);
    await expect.poll(() => heard.length).toBe(1);
    server.connections[0]?.drop();
    let losses = 2;
    server.session.deliver = (message, to) => {
      if (message.offset !== 4 || losses-- <= 0) to.push(message);
    };
    say(server, 3);
    await expect.poll(() => heard).toEqual(numbered(4));
  });

  test("across handovers", async () => {
    const server = await startFakeServer();
    const { listener, heard } = makeListener(server, { handoverAgeMs: 30, handoverJitterMs: 0 });
    const names = follow(listener.connection);
    await listener.join();
    while (server.connections.length < 4) {
      say(server, 1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => heard.length).toBe(server.session.log.length);
    expect(heard).toEqual(numbered(heard.length));
    expect(names).not.toContain("waitingToRetry");
  });
});

describe("a listener with a token takes a new connection with a new token", () => {
  test("when the server says that the token expires, and receives each message once", async () => {
    const server = await startFakeServer();
    const { listener, heard } = makeListener(server, {}, true, { token: eachTimeAnother() });
    const names = follow(listener.connection);
    await listener.join();
    say(server, 2);
    server.connections[0]?.push({ type: "tokenExpiring", secondsLeft: 100 });
    await expect.poll(() => server.handshakes).toEqual([token("token 0"), token("token 1")]);
    await expect.poll(() => server.session.listeners.size).toBe(1);
    say(server, 2);
    await expect.poll(() => heard).toEqual(numbered(4));
    expect(server.requests("refreshToken")).toEqual([]);
    expect(names).not.toContain("waitingToRetry");
  });

  test("when a request fails with TOKEN_EXPIRED, and repeats the request", async () => {
    const server = await startFakeServer();
    const { listener } = makeListener(server, {}, true, { token: eachTimeAnother() });
    await listener.join();
    server.fault = (message) =>
      message.action === "joinSession" && server.handshakes.length === 1
        ? { reply: error("TOKEN_EXPIRED", message.requestId) }
        : undefined;
    await listener.setLanguage("es");
    expect(server.handshakes).toEqual([token("token 0"), token("token 1")]);
    expect(listener.state.value.targetLanguage).toBe("es");
  });
});

test("messages that the server no longer keeps emit a reset, and later messages are received", async () => {
  const server = await startFakeServer();
  const { listener, heard } = makeListener(server);
  let resets = 0;
  listener.resets.on(() => resets++);
  await listener.join();
  say(server, 1);
  await expect.poll(() => heard.length).toBe(1);
  server.session.logStart = 20;
  server.connections[0]?.drop();
  say(server, 30);
  await expect.poll(() => resets).toBe(1);
  say(server, 1);
  await expect.poll(() => heard).toEqual(["m1", "m32"]);
});

test("a message for other languages moves the position without a gap", async () => {
  const server = await startFakeServer();
  const { listener, heard } = makeListener(server);
  await listener.join();
  server.session.deliver = (message, to) => {
    const { type, sessionId, epoch, offset } = message;
    to.push(offset === 2 ? { type, sessionId, epoch, offset, skipped: true } : message);
  };
  say(server, 3);
  await expect.poll(() => heard).toEqual(["m1", "m3"]);
  expect(server.requests("joinSession").length).toBe(1);
});

test("the state shows the session's end and its reason, and the connection closes", async () => {
  const server = await startFakeServer();
  const { listener } = makeListener(server);
  await listener.join();
  server.connections[0]?.push(server.session.end("speakerGone"));
  await listener.connection.state.until(({ name }) => name === "closed");
  expect(listener.state.value).toMatchObject({ status: "ended", endReason: "speakerGone" });
});

test("an older state is ignored, and an ended session stays ended", async () => {
  const server = await startFakeServer();
  const { listener, heard } = makeListener(server);
  await listener.join();
  const update = (status: "active" | "paused", version: number): ServerMessage => ({
    type: "sessionUpdated",
    sessionId: "caring-king-275",
    status,
    quality: "standard",
    version,
  });
  for (const message of [update("paused", 9), update("active", 8), update("active", 9)])
    server.connections[0]?.push(message);
  say(server, 1);
  await expect.poll(() => heard).toEqual(["m1"]);
  expect(listener.state.value.status).toBe("paused");
  await listener.setLanguage("fr"); // its reply has version 1
  expect(listener.state.value.status).toBe("paused");
  server.session.version = 10;
  await listener.setLanguage("de");
  expect(listener.state.value.status).toBe("active");
  listener.connection.messages.emit(server.session.end("ended"));
  listener.connection.messages.emit(update("active", 11));
  expect(listener.state.value).toMatchObject({ status: "ended", endReason: "ended" });
});

test("the state shows that the speaker is muted and away, until the speaker returns", async () => {
  const server = await startFakeServer();
  const { listener } = makeListener(server);
  await listener.join();
  const graceEndsAt = "2026-01-01T00:05:00Z";
  const state = { sessionId: "caring-king-275", status: "active", quality: "standard" } as const;
  const push = (message: object): void =>
    server.connections[0]?.push({ type: "sessionUpdated", ...state, ...message } as ServerMessage);
  push({ version: 5, muted: true });
  await listener.state.until(({ muted }) => muted === true);
  push({ version: 6, muted: true, graceEndsAt });
  await listener.state.until((now) => now.muted === true && now.graceEndsAt === graceEndsAt);
  push({ version: 7 });
  await listener.state.until(({ muted }) => muted === undefined);
  expect(listener.state.value.graceEndsAt).toBeUndefined();
});

test("another language is requested from the present position", async () => {
  const server = await startFakeServer();
  const { listener, heard } = makeListener(server);
  await listener.join();
  say(server, 1);
  await expect.poll(() => heard.length).toBe(1);
  await listener.setLanguage("fr");
  expect(server.requests("joinSession").at(-1)).toMatchObject({ targetLanguage: "fr", offset: 1 });
});

test("a language that is set before the join is the language of the join", async () => {
  const server = await startFakeServer();
  const { listener } = makeListener(server);
  await listener.setLanguage("fr");
  await listener.join();
  expect(server.requests("joinSession").map(({ targetLanguage }) => targetLanguage)).toEqual(["fr"]);
});

test("an unsupported language is refused and does not close the listener at the next lost connection", async () => {
  const server = await startFakeServer();
  const { listener } = makeListener(server);
  await listener.join();
  server.fault = (message) =>
    message.action === "joinSession" && message.targetLanguage === "cy"
      ? { reply: error("UNSUPPORTED_LANGUAGE", message.requestId) }
      : undefined;
  await expect(listener.setLanguage("cy")).rejects.toMatchObject({ code: "UNSUPPORTED_LANGUAGE" });
  expect(listener.state.value.targetLanguage).toBe("de");
  server.connections[0]?.drop();
  await expect.poll(() => server.connections.length).toBe(2);
  await listener.connection.state.until(({ name }) => name === "open");
  expect(server.requests("joinSession").at(-1)?.targetLanguage).toBe("de");
});

test.each(["SESSION_ENDED", "SESSION_NOT_FOUND"] as const)(
  "a session that ended while the listener was away is shown as ended (%s)",
  async (code) => {
    const server = await startFakeServer();
    const { listener } = makeListener(server);
    await listener.join();
    server.fault = ({ requestId }) => ({ reply: error(code, requestId) });
    server.connections[0]?.drop();
    await listener.connection.state.until(({ name }) => name === "closed");
    expect(listener.state.value).toMatchObject({ status: "ended", endReason: undefined });
  },
);
