import { describe, expect, test } from "vitest";
import type { ServerMessage, SessionMessage } from "../../src/client/index.ts";
import { error } from "./peerSession.ts";
import { follow, makeListener, numbered, say, startPeer } from "./support.ts";

test("what is said after the join is heard", async () => {
  const peer = await startPeer();
  say(peer, 2);
  const { listener, heard } = makeListener(peer);
  await listener.join();
  say(peer, 2);
  await expect.poll(() => heard).toEqual(["m3", "m4"]);
  expect(listener.state.value).toMatchObject({
    status: "active",
    sourceLanguage: "en",
    targetLanguage: "de",
  });
});

describe("every message is heard once and in order", () => {
  test("across a cut", async () => {
    const peer = await startPeer();
    const { listener, heard } = makeListener(peer);
    await listener.join();
    say(peer, 3);
    await expect.poll(() => heard.length).toBe(3);
    peer.connections[0]?.cut();
    say(peer, 3);
    await expect.poll(() => heard).toEqual(numbered(6));
    expect(peer.requests("joinSession")[1]).toMatchObject({ epoch: "5f0c9a1e", offset: 3 });
  });

  test("when the cut comes before the join's reply", async () => {
    const peer = await startPeer();
    const { listener, heard } = makeListener(peer);
    let joins = 0;
    peer.fault = ({ action }) => (action === "joinSession" && joins++ === 0 ? "cutAfter" : undefined);
    await listener.join();
    say(peer, 3);
    await expect.poll(() => heard).toEqual(numbered(3));
  });

  test("page by page after a long absence", async () => {
    const peer = await startPeer();
    peer.session.replayPage = 10;
    const { listener, heard } = makeListener(peer);
    await listener.join();
    say(peer, 1);
    await expect.poll(() => heard.length).toBe(1);
    peer.connections[0]?.cut();
    say(peer, 95);
    await expect.poll(() => heard).toEqual(numbered(96));
  });

  test("when pushes come in another order, twice, or not at all", async () => {
    const peer = await startPeer();
    const kept: SessionMessage[] = [];
    const { listener, heard } = makeListener(peer);
    await listener.join();
    peer.session.deliver = (message, to) => {
      if (message.offset % 7 === 3) return;
      kept.push(message);
      if (kept.length < 4) return;
      for (const late of kept.splice(0).reverse()) {
        to.push(late);
        to.push(late);
      }
    };
    say(peer, 30);
    peer.session.deliver = (message, to) => to.push(message);
    say(peer, 1);
    await expect.poll(() => heard).toEqual(numbered(31));
    expect(peer.connections.length).toBe(1);
  });

  test("when a replayed message is lost, and nothing follows that would show it", async () => {
    const peer = await startPeer();
    const { listener, heard } = makeListener(peer);
    await listener.join();
    say(peer, 1);
    await expect.poll(() => heard.length).toBe(1);
    peer.connections[0]?.cut();
    let losses = 2;
    peer.session.deliver = (message, to) => {
      if (message.offset !== 4 || losses-- <= 0) to.push(message);
    };
    say(peer, 3);
    await expect.poll(() => heard).toEqual(numbered(4));
  });

  test("across handovers", async () => {
    const peer = await startPeer();
    const { listener, heard } = makeListener(peer, { handover: 30, handoverJitter: 0 });
    const names = follow(listener.connection);
    await listener.join();
    while (peer.connections.length < 4) {
      say(peer, 1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => heard.length).toBe(peer.session.log.length);
    expect(heard).toEqual(numbered(heard.length));
    expect(names).not.toContain("waitingToRetry");
  });
});

test("what the server no longer keeps is told as a reset, and what follows is heard", async () => {
  const peer = await startPeer();
  const { listener, heard } = makeListener(peer);
  let resets = 0;
  listener.resets.on(() => resets++);
  await listener.join();
  say(peer, 1);
  await expect.poll(() => heard.length).toBe(1);
  peer.session.logStart = 20;
  peer.connections[0]?.cut();
  say(peer, 30);
  await expect.poll(() => resets).toBe(1);
  say(peer, 1);
  await expect.poll(() => heard).toEqual(["m1", "m32"]);
});

test("messages for other languages are passed over without a gap", async () => {
  const peer = await startPeer();
  const { listener, heard } = makeListener(peer);
  await listener.join();
  peer.session.deliver = (message, to) => {
    const { type, sessionId, epoch, offset } = message;
    to.push(offset === 2 ? { type, sessionId, epoch, offset, skipped: true } : message);
  };
  say(peer, 3);
  await expect.poll(() => heard).toEqual(["m1", "m3"]);
  expect(peer.requests("joinSession").length).toBe(1);
});

test("the session's end and its reason show, and the connection closes", async () => {
  const peer = await startPeer();
  const { listener } = makeListener(peer);
  await listener.join();
  peer.connections[0]?.push(peer.session.end("speakerGone"));
  await listener.connection.state.until(({ name }) => name === "closed");
  expect(listener.state.value).toMatchObject({ status: "ended", endReason: "speakerGone" });
});

test("a state that another one overtook is ignored, and an end is for good", async () => {
  const peer = await startPeer();
  const { listener, heard } = makeListener(peer);
  await listener.join();
  const update = (status: "active" | "paused", version: number): ServerMessage => ({
    type: "sessionUpdated",
    sessionId: "caring-king-275",
    status,
    quality: "standard",
    version,
  });
  for (const message of [update("paused", 9), update("active", 8), update("active", 9)])
    peer.connections[0]?.push(message);
  say(peer, 1);
  await expect.poll(() => heard).toEqual(["m1"]);
  expect(listener.state.value.status).toBe("paused");
  await listener.setLanguage("fr"); // its reply has version 1
  expect(listener.state.value.status).toBe("paused");
  peer.session.version = 10;
  await listener.setLanguage("de");
  expect(listener.state.value.status).toBe("active");
  listener.connection.messages.emit(peer.session.end("ended"));
  listener.connection.messages.emit(update("active", 11));
  expect(listener.state.value).toMatchObject({ status: "ended", endReason: "ended" });
});

test("another language is asked for from the present position", async () => {
  const peer = await startPeer();
  const { listener, heard } = makeListener(peer);
  await listener.join();
  say(peer, 1);
  await expect.poll(() => heard.length).toBe(1);
  await listener.setLanguage("fr");
  expect(peer.requests("joinSession").at(-1)).toMatchObject({ targetLanguage: "fr", offset: 1 });
});

test("a language that is chosen before the join is joined in", async () => {
  const peer = await startPeer();
  const { listener } = makeListener(peer);
  await listener.setLanguage("fr");
  await listener.join();
  expect(peer.requests("joinSession").map(({ targetLanguage }) => targetLanguage)).toEqual(["fr"]);
});

test("a language that is not served is refused, and does not end the listening at the next cut", async () => {
  const peer = await startPeer();
  const { listener } = makeListener(peer);
  await listener.join();
  peer.fault = (message) =>
    message.action === "joinSession" && message.targetLanguage === "cy"
      ? { reply: error("UNSUPPORTED_LANGUAGE", message.requestId) }
      : undefined;
  await expect(listener.setLanguage("cy")).rejects.toMatchObject({ code: "UNSUPPORTED_LANGUAGE" });
  expect(listener.state.value.targetLanguage).toBe("de");
  peer.connections[0]?.cut();
  await expect.poll(() => peer.connections.length).toBe(2);
  await listener.connection.state.until(({ name }) => name === "open");
  expect(peer.requests("joinSession").at(-1)?.targetLanguage).toBe("de");
});

test.each(["SESSION_ENDED", "SESSION_NOT_FOUND"] as const)(
  "a session that ended while the listener was away is shown as ended (%s)",
  async (code) => {
    const peer = await startPeer();
    const { listener } = makeListener(peer);
    await listener.join();
    peer.fault = ({ requestId }) => ({ reply: error(code, requestId) });
    peer.connections[0]?.cut();
    await listener.connection.state.until(({ name }) => name === "closed");
    expect(listener.state.value).toMatchObject({ status: "ended", endReason: undefined });
  },
);
