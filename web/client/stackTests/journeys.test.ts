import { beforeAll, describe, expect, test } from "vitest";
import {
  SpeakerConnection,
  SessionCreationOrchestrator,
  type Attach,
  type ConnectionStateName,
} from "../src/index.ts";
import { gateway, type FaultRule } from "./gateway.ts";
import { localStack } from "./localStack.ts";
import { listen, NodeWebSocket, options, sayNumbers, signIn, speak } from "./participants.ts";

const WAIT = { timeout: 60_000, interval: 100 };
const SESSION_ID = /^[a-z]+-[a-z]+-[1-9]\d\d$/;

describe.skipIf(!localStack)("the library on the deployed functions", { timeout: 120_000 }, () => {
  beforeAll(signIn, 60_000);

  describe("one click creates a session", () => {
    test.each<[string, FaultRule[]]>([
      ["all goes well", []],
      [
        "the connection is lost before createSession",
        [{ fault: "abortBefore", route: "createSession", count: 1 }],
      ],
      ["it is lost before the reply", [{ fault: "abortAfter", route: "createSession", count: 1 }]],
      ["it is lost before the reply twice", [{ fault: "abortAfter", route: "createSession", count: 2 }]],
    ])("when %s", async (_, rules) => {
      await gateway.setFaults(rules);
      const speaker = await speak();
      expect(speaker.sessionId).toMatch(SESSION_ID);
      expect(await speaker.publish({ data: "hello" })).toBe(1);
      await speaker.end();
    });

    test("over HTTP where no WebSocket can be opened, and it is resumed over one later", async () => {
      let blocked = true;
      const WebSocket = new Proxy(NodeWebSocket, {
        construct: (socket, [url, protocols]: [string, string[]]) =>
          new socket(blocked ? "ws://127.0.0.1:9" : url, protocols),
      });
      const speaker = await speak({}, { WebSocket });
      expect(speaker.connection.state.value.name).not.toBe("open");
      const published = speaker.publish({ data: "said while cut off" });
      blocked = false;
      expect(await published).toBe(1);
      await speaker.end();
    });

    test("unless the token is refused, which is reported at once", async () => {
      const forged = async (): Promise<string> => Promise.resolve("e30.e30.c2lnbmF0dXJl");
      const orchestrator = new SessionCreationOrchestrator({ ...options(), token: forged });
      const creation = orchestrator.createSession({ sourceLanguage: "en", quality: "standard" });
      await expect(creation).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    });

    test("unless the language is unsupported, which is reported at once", async () => {
      const orchestrator = new SessionCreationOrchestrator(options());
      const creation = orchestrator.createSession({ sourceLanguage: "cy", quality: "standard" });
      await expect(creation).rejects.toMatchObject({ code: "UNSUPPORTED_LANGUAGE" });
    });
  });

  describe("every message is received once and in order", () => {
    test.each<[string, FaultRule[]]>([
      [
        "the speaker's connection is lost before and after publishing",
        [
          { fault: "abortBefore", route: "publish", count: 3, probability: 0.3 },
          { fault: "abortAfter", route: "publish", count: 3, probability: 0.3 },
        ],
      ],
      ["pushes are reordered", [{ fault: "pushReordered", probability: 0.4, seconds: 0.3 }]],
      ["pushes are throttled", [{ fault: "callbackThrottled", probability: 0.2, count: 8 }]],
      ["pushes are late", [{ fault: "callbackDelayed", probability: 0.3, seconds: 0.4 }]],
    ])("when %s", async (_, rules) => {
      const speaker = await speak();
      const { heard } = await listen(speaker.sessionId);
      await gateway.setFaults(rules);
      const said = await sayNumbers(speaker, 30);
      await expect.poll(() => heard.length, WAIT).toBe(said.length);
      expect(heard).toEqual(said);
      await speaker.end();
    });

    test("when every connection is lost again and again", async () => {
      const speaker = await speak();
      const { heard } = await listen(speaker.sessionId);
      const saying = sayNumbers(speaker, 40);
      for (const count of [5, 15, 25]) {
        await expect.poll(() => heard.length, WAIT).toBeGreaterThan(count);
        await gateway.cutAll();
      }
      const said = await saying;
      await expect.poll(() => heard.length, WAIT).toBe(said.length);
      expect(heard).toEqual(said);
      await speaker.end();
    });
  });

  test("a session is resumed elsewhere: the older speaker stops, and the listener receives each message once", async () => {
    const older = await speak();
    const { heard } = await listen(older.sessionId);
    await sayNumbers(older, 3);
    const newer = await new SessionCreationOrchestrator(options()).resumeSession(older.sessionId);
    const stopped = await older.connection.state.until(({ name }) => name === "closed");
    expect(stopped).toMatchObject({ error: { code: "REPLACED" } });
    await expect(older.publish({ data: "too late" })).rejects.toMatchObject({ code: "REPLACED" });
    expect(newer.state.value.offset).toBe(3);
    expect(await newer.publish({ data: "m4" })).toBe(4);
    await expect.poll(() => heard, WAIT).toEqual(["m1", "m2", "m3", "m4"]);
    await newer.end();
  });

  test("a client that resumes by itself is refused after the session was resumed elsewhere", async () => {
    const { connection, sessionId } = await speak();
    connection.close();
    const newer = await new SessionCreationOrchestrator(options()).resumeSession(sessionId);
    const asleep = new SpeakerConnection({
      ...options(),
      attach: async (socket, signal) => {
        const request = { action: "resumeSession", sessionId, generation: 1 } as const;
        return (await socket.request<"resumeSession">(request, signal)).generation;
      },
    });
    asleep.open();
    const closed = await asleep.state.until(({ name }) => name === "closed");
    expect(closed).toMatchObject({ error: { code: "CONFLICT" } });
    expect(await newer.publish({ data: "m1" })).toBe(1);
    await newer.end();
  });

  test("a repeat of createSession on another connection notifies the replaced one", async () => {
    const requestId = `takeover-${Date.now()}`;
    const create: Attach = async (socket, signal) => {
      const request = {
        action: "createSession",
        requestId,
        sourceLanguage: "en",
        quality: "standard",
      } as const;
      return (await socket.request<"createSession">(request, signal)).generation;
    };
    const older = new SpeakerConnection({ ...options(), attach: create });
    older.open();
    await older.state.until(({ name }) => name === "open");
    const newer = new SpeakerConnection({ ...options(), attach: create });
    newer.open();
    await newer.state.until(({ name }) => name === "open");
    expect(await older.state.until(({ name }) => name === "closed")).toMatchObject({
      error: { code: "REPLACED" },
    });
    await newer.request<"endSession">({ action: "endSession" });
    newer.close();
  });

  test.each(["resumeSession", "publish", "endSession"])(
    "a resumed session survives a lost connection before the reply to %s",
    async (route) => {
      const { connection, sessionId } = await speak();
      connection.close();
      await gateway.setFaults([{ fault: "abortAfter", route, count: 1 }]);
      const speaker = await new SessionCreationOrchestrator(options()).resumeSession(sessionId);
      expect(await speaker.publish({ data: "m1" })).toBe(1);
      await speaker.end();
      expect(speaker.state.value.status).toBe("ended");
      const late = new SessionCreationOrchestrator(options()).resumeSession(sessionId);
      await expect(late).rejects.toMatchObject({ code: "SESSION_ENDED" });
    },
  );

  test("two-hour connections are handed over again and again in scaled time, and nobody notices", async () => {
    // 360 times as fast: a connection lives 20 s, less than four handovers take, and may be idle for 1.7 s.
    const scaled = {
      handoverAgeMs: 7000,
      handoverJitterMs: 1000,
      heartbeatIntervalMs: 300,
      drainTimeoutMs: 1000,
    };
    await gateway.setTimeFactor(360);
    const speaker = await speak(scaled);
    const speakerStates: ConnectionStateName[] = [];
    speaker.connection.state.subscribe(({ name }) => speakerStates.push(name));
    const { heard, states } = await listen(speaker.sessionId, scaled);
    const said: string[] = [];
    const handovers = (names: ConnectionStateName[]): number =>
      names.filter((name) => name === "handingOver").length;
    while (handovers(speakerStates) < 4 || handovers(states) < 4) {
      said.push(`m${said.length + 1}`);
      await speaker.publish({ data: said.at(-1) ?? "" });
    }
    await expect.poll(() => heard.length, WAIT).toBe(said.length);
    expect(heard).toEqual(said);
    expect(speakerStates).not.toContain("waitingToRetry");
    expect(states).not.toContain("waitingToRetry");
    await speaker.end();
  });
});
