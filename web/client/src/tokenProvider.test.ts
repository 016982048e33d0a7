import { describe, expect, test } from "vitest";
import { SessionError, type TokenProvider } from "./index.ts";
import { error } from "../testSupport/fakeSession.ts";
import {
  connect,
  createSpeaker,
  follow,
  isClosed,
  isOpen,
  options,
  startFakeServer,
  token,
} from "../testSupport/harness.ts";
import { SessionCreationOrchestrator } from "./sessionStarter.ts";

const never = async (): Promise<never> => new Promise(() => undefined);

/** Returns a provider whose first answer is a token and whose later answers are these. */
function afterFirst(next: TokenProvider): TokenProvider {
  let isFirst = true;
  return async (request) => {
    if (!isFirst) return next(request);
    isFirst = false;
    return Promise.resolve(token("first", 60));
  };
}

describe("a failed token refresh keeps the connection", () => {
  test("when the sign-in service is throttled, and repeats it", async () => {
    const server = await startFakeServer();
    let failures = 3;
    const provider = afterFirst(async () => {
      if (failures-- > 0) throw new SessionError("UNAVAILABLE", "TooManyRequestsException");
      return Promise.resolve(token("second"));
    });
    const connection = connect(server, { tokenRefreshLeadMs: 120_000 }, { token: provider });
    const warnings: string[] = [];
    connection.warnings.on(({ code }) => warnings.push(code));
    connection.open();
    await expect
      .poll(() => server.requests("refreshToken").map((each) => each.token))
      .toEqual([token("second")]);
    expect(warnings).toEqual(["UNAVAILABLE", "UNAVAILABLE", "UNAVAILABLE"]);
    expect(server.connections.length).toBe(1);
  });

  test("when the sign-in has ended, until the server refuses the token", async () => {
    const server = await startFakeServer();
    const provider = afterFirst(() => {
      throw new SessionError("UNAUTHORIZED", "NotAuthorizedException");
    });
    const connection = connect(server, { tokenRefreshLeadMs: 120_000 }, { token: provider });
    const warned = new Promise((resolve) => connection.warnings.on(resolve));
    connection.open();
    expect(await warned).toMatchObject({ code: "UNAUTHORIZED" });
    await connection.request<"updateSession">({ action: "updateSession", status: "paused" });
    expect(connection.state.value.name).toBe("open");
    server.fault = ({ requestId }) => ({ reply: error("TOKEN_EXPIRED", requestId) });
    const request = connection.request<"updateSession">({ action: "updateSession", status: "active" });
    await expect(request).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    expect(connection.state.value.name).toBe("closed");
  });
});

describe("a programming error of the token provider", () => {
  const broken: TokenProvider = () => {
    throw new TypeError("Cannot read properties of undefined (reading 'tokens')");
  };

  test("reaches the application at once, with its cause", async () => {
    const server = await startFakeServer();
    let calls = 0;
    const connection = connect(server, {}, { token: (request: never) => (calls++, broken(request)) });
    connection.open();
    const state = await connection.state.until(isClosed);
    expect(state).toMatchObject({
      error: { code: "APPLICATION_ERROR", cause: expect.any(TypeError) as unknown },
    });
    expect(calls).toBe(1);
  });

  test("includes a value that is not a token", async () => {
    const server = await startFakeServer();
    const connection = connect(server, {}, { token: (() => ({ token: "x" })) as unknown as TokenProvider });
    connection.open();
    expect(await connection.state.until(isClosed)).toMatchObject({ error: { code: "APPLICATION_ERROR" } });
  });

  test("excludes a failed fetch, which is retried", async () => {
    const server = await startFakeServer();
    let failures = 2;
    const provider = async (): Promise<string> => {
      if (failures-- > 0) throw new TypeError("Failed to fetch");
      return Promise.resolve(token("speaker"));
    };
    const connection = connect(server, {}, { token: provider });
    connection.open();
    await connection.state.until(isOpen);
  });
});

describe("a token provider that never answers", () => {
  test("delays the connection by its limit only", async () => {
    const server = await startFakeServer();
    let calls = 0;
    const provider: TokenProvider = async () => (calls++ === 0 ? never() : Promise.resolve(token("speaker")));
    const connection = connect(server, { tokenTimeoutMs: 20 }, { token: provider });
    const names = follow(connection);
    connection.open();
    await connection.state.until(isOpen);
    expect(names).toEqual(["idle", "connecting", "waitingToRetry", "connecting", "open"]);
  });

  test("does not wedge a handover: the first connection stays", async () => {
    const server = await startFakeServer();
    let hangs = false;
    const provider: TokenProvider = async () => (hangs ? never() : Promise.resolve(token("speaker")));
    const connection = connect(server, { tokenTimeoutMs: 20 }, { token: provider });
    connection.open();
    await connection.state.until(isOpen);
    hangs = true;
    server.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
    await connection.state.until(({ name }) => name === "handingOver");
    await connection.state.until(isOpen);
    await connection.request<"updateSession">({ action: "updateSession", status: "paused" });
    expect(server.connections.length).toBe(1);
  });

  test("does not hold up a request beyond its deadline, its signal or the connection's end", async () => {
    const server = await startFakeServer();
    const provider = afterFirst(never);
    const connection = connect(
      server,
      { tokenRefreshLeadMs: 0, tokenTimeoutMs: 60_000 },
      { token: provider },
    );
    connection.open();
    await connection.state.until(isOpen);
    server.fault = ({ requestId }) => ({ reply: error("TOKEN_EXPIRED", requestId) });
    const send = async (more: object): Promise<unknown> =>
      connection.request<"updateSession">({ action: "updateSession", status: "paused" }, more);
    await expect(send({ timeoutMs: 50 })).rejects.toMatchObject({ code: "TIMEOUT" });
    const abort = new AbortController();
    const aborted = send({ signal: abort.signal });
    const closed = send({});
    await expect.poll(() => server.requests("updateSession").length).toBe(3);
    abort.abort(new Error("changed my mind"));
    await expect(aborted).rejects.toThrow("changed my mind");
    connection.close();
    await expect(closed).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("an aborted signal keeps a mutation from being sent", () => {
  const signal = AbortSignal.abort(new Error("too late"));

  test("of a speaker", async () => {
    const server = await startFakeServer();
    const speaker = await createSpeaker(server);
    const mutations = [
      speaker.end({ signal }),
      speaker.pause({ signal }),
      speaker.resume({ signal }),
      speaker.setQuality("premium", { signal }),
      speaker.publish({ data: "x" }, { signal }),
      speaker.connection.request<"endSession">({ action: "endSession" }, { signal }),
    ];
    for (const mutation of mutations) await expect(mutation).rejects.toThrow("too late");
    await speaker.publish({ data: "after them" });
    expect(server.received.map(({ action }) => action)).toEqual(["createSession", "publish"]);
  });

  test("that aborts while a message waits in the queue", async () => {
    const server = await startFakeServer();
    const speaker = await createSpeaker(server);
    server.fault = ({ action }) => (action === "publish" ? { late: 30 } : undefined);
    const first = speaker.publish({ data: "m1" });
    const abort = new AbortController();
    const second = speaker.publish({ data: "m2" }, { signal: abort.signal });
    const third = speaker.publish({ data: "m3" });
    abort.abort(new Error("changed my mind"));
    await expect(second).rejects.toThrow("changed my mind");
    await Promise.all([first, third]);
    expect(server.session.log.map(({ data }) => data)).toEqual(["m1", "m3"]);
  });

  test("of a session's creation", async () => {
    const server = await startFakeServer();
    let calls = 0;
    const token: TokenProvider = () => (calls++, undefined);
    const orchestrator = new SessionCreationOrchestrator({ ...options(server), token });
    const creation = orchestrator.createSession({ sourceLanguage: "en", quality: "standard" }, { signal });
    await expect(creation).rejects.toThrow("too late");
    expect(calls).toBe(0);
  });
});
