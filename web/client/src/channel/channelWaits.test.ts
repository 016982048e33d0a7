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

  test("a blocked channel is tried again after waits that double up to two minutes", async () => {
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockReturnValue(1);
    const times: number[] = [];
    const { join } = fakeListener(() => times.push(Date.now()), "fails");
    await join();
    await vi.advanceTimersByTimeAsync(600_000);
    const waits = times.slice(1).map((time, index) => Math.round((time - (times[index] ?? 0)) / 1000));
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 120, 120, 120]);
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
    await vi.advanceTimersByTimeAsync(1_000);
    expect(attempts).toBe(2);
  });

  test("a listener whose channel is lost joins before the wait for the next attempt", async () => {
    vi.useFakeTimers();
    const { join, channel, sockets, joins } = fakeListener(() => undefined, "subscribes");
    await join();
    await vi.advanceTimersByTimeAsync(0);
    expect(joins).toEqual([{}, { onChannel: true }]);
    sockets[0]?.onclose?.({ code: 1006 } as never);
    await vi.advanceTimersByTimeAsync(0);
    expect(joins).toEqual([{}, { onChannel: true }, {}]);
    expect(channel.isJoinDue).toBe(false);
    expect(sockets.length).toBe(1);
  });

  test("an offer that is older than the loss is not used, because its token may have expired", async () => {
    vi.useFakeTimers();
    const { join, channel, sockets, joins, server } = fakeListener(() => undefined, "subscribes");
    await join();
    await vi.advanceTimersByTimeAsync(0);
    server.isReachable = false;
    sockets[0]?.onclose?.({ code: 1006 } as never);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(sockets.length).toBe(1);
    expect(channel.isJoinDue).toBe(true);
    server.isReachable = true;
    await join();
    await vi.advanceTimersByTimeAsync(0);
    expect(sockets.length).toBe(2);
    expect(joins.at(-1)).toEqual({ onChannel: true });
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

    constructor() {
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
    if (channel.isJoinDue) queueMicrotask(() => void join());
  });
  const joins: object[] = [];
  const server = { isReachable: true };
  const join = async (): Promise<void> => {
    if (!server.isReachable) return;
    const message = { action: "joinSession", sessionId: "x", targetLanguage: "de" } as const;
    await channel.join(message, async ({ onChannel }) => {
      const fields = onChannel ? { onChannel } : {};
      joins.push(fields);
      const offer = { service, url: "wss://x", host: "x", name: "/sessions/x/de", authorization: "x" };
      const reply = { targetLanguage: "de", channel: offer, ...fields };
      return Promise.resolve(reply as unknown as SessionJoined);
    });
  };
  return { join, channel, sockets, joins, server };
}
