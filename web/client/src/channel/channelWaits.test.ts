import { afterEach, describe, expect, test, vi } from "vitest";
import {
  DEFAULT_TIMINGS,
  Emitter,
  Observable,
  type Connection,
  type ConnectionState,
  type ServerMessage,
  type SessionError,
  type SessionJoined,
  type WebSocketLike,
} from "../index.ts";
import { appSyncEvents } from "./appSyncEvents.ts";

describe("with the waits of production", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  test("a blocked channel is tried again after waits that double up to ten minutes", async () => {
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockReturnValue(1);
    const times: number[] = [];
    const { join } = fakeListener(() => times.push(Date.now()), "fails");
    await join();
    await vi.advanceTimersByTimeAsync(3_600_000);
    const waits = times.slice(1).map((time, index) => Math.round((time - (times[index] ?? 0)) / 1000));
    expect(waits).toEqual([20, 40, 80, 160, 320, 600, 600, 600, 600]);
  });

  test("a channel that stands is kept while the service sends keep-alives, and lost without them", async () => {
    vi.useFakeTimers();
    let attempts = 0;
    const { join, joins, sockets } = fakeListener(() => attempts++, "subscribes");
    await join();
    await vi.advanceTimersByTimeAsync(0);
    for (let minutes = 0; minutes < 30; minutes++) {
      await vi.advanceTimersByTimeAsync(60_000);
      sockets[0]?.answer({ type: "ka" });
    }
    await join();
    expect(joins.at(-1)).toEqual({ onChannel: true });
    expect(attempts).toBe(1);
    await vi.advanceTimersByTimeAsync(299_000);
    await join();
    expect(joins.at(-1)).toEqual({ onChannel: true });
    await vi.advanceTimersByTimeAsync(1_000);
    await join();
    expect(joins.at(-1)).toEqual({});
    await vi.advanceTimersByTimeAsync(20_000);
    expect(attempts).toBe(2);
  });

  test("a listener whose channel is lost joins before the wait for the next attempt", async () => {
    vi.useFakeTimers();
    const { join, channel, sockets, joins } = fakeListener(() => undefined, "subscribes");
    await join();
    await vi.advanceTimersByTimeAsync(0);
    expect(joins).toEqual([{}, { onChannel: true }]);
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    sockets[0]?.onclose?.({ code: 1006 } as never);
    await vi.advanceTimersByTimeAsync(999);
    expect(joins).toEqual([{}, { onChannel: true }]); // an audience's joins are spread over two seconds
    await vi.advanceTimersByTimeAsync(1);
    expect(joins).toEqual([{}, { onChannel: true }, {}]);
    expect(channel.isJoinDue).toBe(false);
    expect(sockets.length).toBe(1);
  });

  test("an offer is used for several attempts, and no longer when its token may expire", async () => {
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockReturnValue(1);
    let attempts = 0;
    const { join, joins } = fakeListener(() => attempts++, "fails");
    await join();
    await vi.advanceTimersByTimeAsync(239_000);
    expect(attempts).toBe(4);
    expect(joins.length).toBe(1);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(attempts).toBe(5);
    expect(joins.length).toBe(2);
  });

  test("a failed join for an offer is not repeated, and the next one brings the offer", async () => {
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockReturnValue(1);
    let attempts = 0;
    const { join, channel, server } = fakeListener(() => attempts++, "fails");
    await join();
    server.isReachable = false;
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(attempts).toBe(4);
    expect(channel.isJoinDue).toBe(false);
    server.isReachable = true;
    await join();
    expect(attempts).toBe(5);
  });

  test("an offer of another address ends the subscription, and the next one follows it", async () => {
    vi.useFakeTimers();
    const { join, joins, sockets, server } = fakeListener(() => undefined, "subscribes");
    await join();
    await vi.advanceTimersByTimeAsync(0);
    for (const url of ["wss://y", "wss://z"]) {
      server.url = url;
      await join();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(sockets.at(-1)?.url).toBe(url);
      expect(joins.at(-1)).toEqual({ onChannel: true });
    }
  });

  test("the offer of a service that the adapter does not know is ignored", async () => {
    vi.useFakeTimers();
    let attempts = 0;
    const { join, channel } = fakeListener(() => attempts++, "fails", "carrierPigeons");
    await join();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(attempts).toBe(0);
    expect(channel.isJoinDue).toBe(false);
  });
});

interface FakeSocket extends WebSocketLike {
  readonly url: string;
  answer: (frame: object) => void;
}

/** Returns an adapter's channel at the seams of the connection and the WebSocket; each join is answered at once. */
function fakeListener(onAttempt: () => void, outcome: "fails" | "subscribes", service = "appSyncEvents") {
  const sockets: FakeSocket[] = [];
  class FakeWebSocket implements FakeSocket {
    readyState = 1;
    onopen: ((event: never) => void) | null = null;
    onmessage: ((event: never) => void) | null = null;
    onclose: ((event: never) => void) | null = null;
    onerror: ((event: never) => void) | null = null;

    declare readonly url: string;

    constructor(url: string) {
      this.url = url;
      onAttempt();
      sockets.push(this);
      queueMicrotask(() => {
        if (outcome === "fails") this.onclose?.({ code: 1006 } as never);
        else this.onopen?.({} as never);
      });
    }

    send(text: string): void {
      const { type, id } = JSON.parse(text) as { type: string; id?: string };
      if (type === "connection_init") this.answer({ type: "connection_ack", connectionTimeoutMs: 300_000 });
      else if (type === "subscribe") this.answer({ type: "subscribe_success", id });
    }

    close(): void {
      this.readyState = 3;
    }

    answer(frame: object): void {
      this.onmessage?.({ data: JSON.stringify(frame) } as never);
    }
  }
  const connection = {
    state: new Observable<ConnectionState>({ name: "open", since: 0 }),
    messages: new Emitter<ServerMessage>(),
    warnings: new Emitter<SessionError>(),
    timings: DEFAULT_TIMINGS,
    WebSocket: FakeWebSocket,
  } as unknown as Connection;
  const channel = appSyncEvents()(connection, () => {
    if (channel.isJoinDue) queueMicrotask(() => void join().catch(() => undefined));
  });
  const joins: object[] = [];
  const server = { isReachable: true, url: "wss://x" };
  const join = async (): Promise<void> => {
    const message = { action: "joinSession", sessionId: "x", targetLanguage: "de" } as const;
    await channel.join(message, async ({ onChannel }) => {
      await Promise.resolve();
      const fields = onChannel ? { onChannel } : {};
      if (!server.isReachable) throw new Error("The server is unreachable.");
      joins.push(fields);
      const offer = { service, url: server.url, host: "x", name: "/sessions/x/de", authorization: "x" };
      const reply = { targetLanguage: "de", channel: offer, ...fields };
      return reply as unknown as SessionJoined;
    });
  };
  return { join, channel, sockets, joins, server };
}
