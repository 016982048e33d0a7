import "../../client/testSupport/dom.ts";
import { expect, vi } from "vitest";
import type { Connection, Debugger, ErrorCode, Timings } from "websocket-sessions";
import type { Action } from "../../client/src/socket.ts";
import { error } from "../../client/testSupport/fakeSession.ts";
import { FakeServer } from "../../client/testSupport/fakeServer.ts";
import { FaultProxy } from "../../client/testSupport/faultProxy.ts";
import { NodeWebSocket, QUICK } from "../../client/testSupport/harness.ts";
import type { Store } from "../src/store.ts";

/**
 * - `cut`: the network resets every connection.
 * - `stall`: the network delivers nothing, and closes nothing.
 * - `delay`: the network delivers late.
 * - `refuse`: the server refuses WebSocket handshakes, and the connection is lost.
 * - `refusal`: the server refuses the command's request.
 * - `silence`: the server does not reply to the command's request.
 */
export const FAULTS = ["cut", "stall", "delay", "refuse", "refusal", "silence"] as const;
export type Fault = (typeof FAULTS)[number];

/** What the page shows when a command is given under a fault. */
export interface Answer {
  /** The status lines that appear while the fault lasts, in their order. */
  readonly says: readonly string[];
  /** The alert of a command that fails. */
  readonly alert?: RegExp;
  /** The status line after the fault; undefined if only the effect counts. */
  readonly then?: string;
  /** Whether the command has no effect. */
  readonly fails?: true;
}

/** Must declare an answer to every fault; `unavailable` where the page offers no such command. */
export type AnswerTo = Readonly<Record<Fault, Answer | "unavailable">>;

/** Repeats a check until it passes; allows for a busy machine. Concurrent tests cannot use `expect.poll`. */
export async function eventually(check: () => void): Promise<void> {
  await vi.waitFor(check, { timeout: 15_000, interval: 10 });
}

const DELAY_MILLISECONDS = 100;

/** The limits that pass in a test of a fault. They are short only from its beginning, for a busy machine. */
const LIMITS: Readonly<Partial<Record<Fault, Partial<Timings>>>> = {
  silence: { replyTimeoutMs: 300, requestTimeoutMs: 1000 },
  // So long that only the page's own check finds the stall.
  stall: { replyTimeoutMs: 60_000, probeTimeoutMs: 300 },
};

export interface Network {
  readonly server: FakeServer;
  readonly proxy: FaultProxy;
}

/** A page with the real client, and a server that it reaches through a network with faults. */
export class PageUnderFaults<State extends object> {
  readonly server: FakeServer;
  readonly proxy: FaultProxy;
  readonly store: Store<State>;
  /** The status lines that the page has shown, in their order. */
  readonly statuses: string[] = [];
  readonly #alertText: (state: State) => string | undefined;
  #limits: Partial<Timings> = {};
  #connection: Connection | undefined;

  constructor(
    { server, proxy }: Network,
    store: Store<State>,
    text: {
      readonly status: (state: State) => string;
      readonly alert: (state: State) => string | undefined;
    },
  ) {
    this.server = server;
    this.proxy = proxy;
    this.store = store;
    this.#alertText = text.alert;
    store.watch(text.status, (status) => this.statuses.push(status));
  }

  /** How the page reaches the server. */
  options(timings: Partial<Timings> = {}) {
    const debug: Debugger = (connection, WebSocket) => {
      this.#connection = connection;
      Object.assign(connection.timings, this.#limits);
      return WebSocket;
    };
    return {
      url: `ws://${this.proxy.address}`,
      httpUrl: `http://${this.proxy.address}`,
      WebSocket: NodeWebSocket,
      timings: { ...QUICK, ...timings },
      debug,
    };
  }

  /** Begins a fault, which concerns requests with this action if the server causes it. */
  begin(fault: Fault, action: Action | undefined, refusal: ErrorCode, delayMs = DELAY_MILLISECONDS): void {
    const { server, proxy } = this;
    this.#limits = LIMITS[fault] ?? {};
    if (this.#connection) Object.assign(this.#connection.timings, this.#limits);
    if (fault === "cut" || fault === "stall") proxy.begin(fault);
    else if (fault === "delay") proxy.begin({ delayMs });
    else if (fault === "refuse") {
      server.refuseUpgrades = 503;
      for (const connection of server.connections) connection.drop();
    } else
      server.fault = (message) => {
        if (message.action !== action) return undefined;
        return fault === "silence" ? "lose" : { reply: error(refusal, message.requestId) };
      };
  }

  heal(): void {
    this.proxy.heal();
    this.server.refuseUpgrades = undefined;
    this.server.fault = () => undefined;
  }

  get status(): string | undefined {
    return this.statuses.at(-1);
  }

  async shows(status: string): Promise<void> {
    await eventually(() => expect(this.status).toBe(status));
  }

  /** Waits until these status lines have appeared one after the other, with others between them. */
  async says(expected: readonly string[], since: number): Promise<void> {
    await eventually(() => {
      const missing = [...expected];
      const said = this.statuses.slice(since);
      for (const status of said) if (status === missing[0]) missing.shift();
      expect({ said, missing }).toEqual({ said, missing: [] });
    });
  }

  async alerts(expected: RegExp): Promise<void> {
    await eventually(() => expect(this.#alertText(this.store.value)).toMatch(expected));
  }
}

export async function startNetwork(): Promise<Network & { readonly stop: () => Promise<void> }> {
  const server = await FakeServer.start();
  const proxy = await FaultProxy.start(server.url);
  const stop = async (): Promise<void> => {
    await server.stop();
    await proxy.stop();
    expect(server.violations).toEqual([]);
  };
  return { server, proxy, stop };
}
