import { describe, expect, test, vi } from "vitest";
import { Heartbeat } from "./heartbeat.ts";
import { newRequestId } from "./requestId.ts";
import { error } from "../testSupport/fakeSession.ts";
import {
  createSpeaker,
  isClosed,
  isOpen,
  makeListener,
  makeSignal,
  numbered,
  say,
  startFakeServer,
} from "../testSupport/harness.ts";

describe("a listener's overlapping requests", () => {
  test("serve the language of the last call", async () => {
    const server = await startFakeServer();
    const { listener } = makeListener(server);
    await listener.join();
    server.fault = (message) =>
      message.action === "joinSession" && message.targetLanguage === "fr" ? { late: 40 } : undefined;
    await Promise.all([listener.setLanguage("fr"), listener.setLanguage("es")]);
    expect(server.requests("joinSession").at(-1)?.targetLanguage).toBe("es");
    expect(listener.state.value.targetLanguage).toBe("es");
  });

  test("keep a language that is changed during a handover", async () => {
    const server = await startFakeServer();
    const { listener } = makeListener(server);
    await listener.join();
    server.fault = ({ action }, { number }) =>
      action === "joinSession" && number === 1 ? { late: 30 } : undefined;
    server.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
    await expect.poll(() => server.connections.length).toBe(2);
    await listener.setLanguage("fr");
    await listener.connection.state.until(isOpen);
    await expect.poll(() => server.connections.map((each) => each.isOpen())).toEqual([false, true]);
    expect(server.requests("joinSession").at(-1)?.targetLanguage).toBe("fr");
  });

  test("serve the wanted language again after a late reply to an older call", async () => {
    const server = await startFakeServer();
    const { listener } = makeListener(server, { replyTimeoutMs: 40 });
    await listener.join();
    const { sent, send } = makeSignal();
    server.fault = (message) =>
      message.action === "joinSession" && message.targetLanguage === "fr" ? { late: sent } : undefined;
    const abandoned = listener.setLanguage("fr", { timeoutMs: 30 }).catch((thrown: unknown) => thrown);
    await abandoned;
    await listener.setLanguage("es");
    const before = server.requests("joinSession").length;
    send();
    await expect.poll(() => server.requests("joinSession").length).toBeGreaterThan(before);
    expect(server.requests("joinSession").at(-1)?.targetLanguage).toBe("es");
  });

  test("never move the position back: a late reset repeats no message", async () => {
    const server = await startFakeServer();
    const { listener, heard } = makeListener(server, { replyTimeoutMs: 40 });
    await listener.join();
    say(server, 3);
    await expect.poll(() => heard.length).toBe(3);
    server.fault = ({ action, requestId }) => {
      if (action !== "joinSession") return undefined;
      server.fault = () => undefined;
      say(server, 2);
      const reply = {
        type: "sessionJoined",
        sessionId: "caring-king-275",
        requestId,
        status: "active",
      } as const;
      const state = { sourceLanguage: "en", targetLanguage: "fr", quality: "standard", version: 1 } as const;
      return { reply: { ...reply, ...state, epoch: "5f0c9a1e", offset: 2, reset: true } as never };
    };
    await listener.setLanguage("fr");
    say(server, 1);
    await expect.poll(() => heard).toEqual(numbered(6));
  });

  test("do not close the listener when a refused language and a lost connection meet", async () => {
    const server = await startFakeServer();
    const { listener, heard } = makeListener(server);
    await listener.join();
    let isCut = false;
    server.fault = (message) => {
      if (message.action !== "joinSession" || message.targetLanguage !== "cy") return undefined;
      if (isCut) return { reply: error("UNSUPPORTED_LANGUAGE", message.requestId) };
      isCut = true;
      return "dropBefore";
    };
    await expect(listener.setLanguage("cy")).rejects.toMatchObject({ code: "UNSUPPORTED_LANGUAGE" });
    await listener.connection.state.until(isOpen);
    say(server, 1);
    await expect.poll(() => heard).toEqual(["m1"]);
    expect(listener.state.value.targetLanguage).toBe("de");
  });
});

describe("a speaker's overlapping changes", () => {
  test("are sent one after the other, so that the last call decides", async () => {
    const server = await startFakeServer();
    const speaker = await createSpeaker(server);
    server.fault = (message) =>
      message.action === "updateSession" && message.status === "paused" ? { late: 40 } : undefined;
    await Promise.all([speaker.pause(), speaker.resume(), speaker.setQuality("premium")]);
    expect(server.requests("updateSession").map(({ status, quality }) => status ?? quality)).toEqual([
      "paused",
      "active",
      "premium",
    ]);
  });
});

test("a repeated probe does not extend the deadline of a dead peer", () => {
  vi.useFakeTimers();
  let timeouts = 0;
  const timings = { heartbeatIntervalMs: 1000, heartbeatTimeoutMs: 100 };
  const heartbeat = new Heartbeat(
    timings,
    () => undefined,
    () => timeouts++,
  );
  heartbeat.probe(100);
  for (let probes = 0; probes < 3; probes++) {
    vi.advanceTimersByTime(40);
    heartbeat.probe(100);
  }
  expect(timeouts).toBeGreaterThan(0);
  heartbeat.stop();
  vi.useRealTimers();
});

test("a page over plain http gets request ids, although randomUUID is missing there", () => {
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  expect(newRequestId()).toMatch(/^[0-9a-f]{32}$/);
  expect(newRequestId()).not.toBe(newRequestId());
  vi.unstubAllGlobals();
});

test("a close code that answers a message rejects that message, and the client reconnects", async () => {
  const server = await startFakeServer();
  const speaker = await createSpeaker(server);
  server.fault = (message, connection) => {
    if (message.action !== "publish" || message.data !== "poison") return undefined;
    connection.close(1009);
    return "lose";
  };
  await expect(speaker.publish({ data: "poison" })).rejects.toMatchObject({ code: "PROTOCOL_VIOLATION" });
  expect(await speaker.publish({ data: "m1" })).toBe(1);
});

describe("a listener", () => {
  test("that registers after the join gets the messages that arrived before", async () => {
    const server = await startFakeServer();
    const { listener } = makeListener(server, {}, false);
    await listener.join();
    say(server, 2);
    await expect.poll(() => listener.state.value.status).toBe("active");
    await listener.setLanguage("fr"); // its reply comes after both messages
    const heard: string[] = [];
    listener.messages.on(({ data }) => heard.push(data));
    expect(heard).toEqual(numbered(2));
  });

  test("leaves at once on a dead network, and may join again", async () => {
    const server = await startFakeServer();
    const { listener, heard } = makeListener(server, { drainTimeoutMs: 20 });
    await listener.join();
    server.silent = true;
    await listener.leave();
    expect(listener.connection.state.value).toEqual({ name: "closed", error: undefined });
    server.silent = false;
    await listener.join();
    say(server, 1);
    await expect.poll(() => heard).toEqual(["m1"]);
  });

  test("that cannot join in time learns the last failure", async () => {
    const server = await startFakeServer();
    server.refuseUpgrades = 502;
    const { listener } = makeListener(server);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }); // a handshake may take longer than a limit
    const failure = listener.join({ timeoutMs: 60 }).catch((thrown: unknown) => thrown);
    await listener.connection.state.until(({ name }) => name === "waitingToRetry");
    vi.advanceTimersByTime(60);
    vi.useRealTimers();
    expect(await failure).toMatchObject({ code: "TIMEOUT", cause: { code: "UPGRADE_FAILED" } });
  });
});

test("closing ends a connection that still drains", async () => {
  const server = await startFakeServer();
  const speaker = await createSpeaker(server, { drainTimeoutMs: 60_000 });
  server.fault = ({ action }) => (action === "updateSession" ? "lose" : undefined);
  const change = speaker.resume().catch((thrown: unknown) => thrown);
  await expect.poll(() => server.requests("updateSession").length).toBe(1);
  server.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
  await expect.poll(() => server.connections.length).toBe(2);
  await speaker.connection.state.until(isOpen);
  speaker.connection.close();
  await expect.poll(() => server.connections.map((each) => each.isOpen())).toEqual([false, false]);
  await change;
  await speaker.connection.state.until(isClosed);
});
