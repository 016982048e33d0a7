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

/** A command of a page, and what the page shows under each fault. */
export interface Command<Page> {
  /** The control on the page that gives it; undefined for what happens by itself. */
  readonly control: string | undefined;
  /** Its request, which the server may refuse or not answer; undefined if it needs none. */
  readonly action: Action | undefined;
  readonly refusal?: ErrorCode;
  readonly before: (page: Page) => Promise<void>;
  readonly give: (page: Page) => unknown;
  readonly hasEffect: (page: Page) => boolean;
  readonly timings?: Partial<Timings>;
  readonly delayMs?: number;
  readonly answers: AnswerTo;
}

/** Returns name, fault, command and answer of each fault under which a page offers the command. */
export function casesOf<Page>(commands: Readonly<Record<string, Command<Page>>>) {
  return Object.entries(commands).flatMap(([name, command]) =>
    FAULTS.flatMap((fault) => {
      const answer = command.answers[fault];
      return answer === "unavailable" ? [] : [[name, fault, command, answer] as const];
    }),
  );
}

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
export abstract class PageUnderFaults<State extends object> {
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

  /** Gives a command, and shows its failure as the page does. */
  abstract give(command: (page: this) => unknown): void;

  /** Ends what the page does. */
  abstract close(): Promise<void>;

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

/** A page of any state. */
type AnyPage = Pick<
  PageUnderFaults<never>,
  "statuses" | "begin" | "heal" | "shows" | "says" | "alerts" | "close"
>;

/** Runs a check on a page, whose network has a server of its own. */
export async function onNetwork<Page extends AnyPage>(
  create: (network: Network) => Page,
  check: (page: Page) => Promise<void>,
): Promise<void> {
  const server = await FakeServer.start();
  const proxy = await FaultProxy.start(server.url);
  const page = create({ server, proxy });
  try {
    await check(page);
  } finally {
    page.heal();
    await page.close();
    await server.stop();
    await proxy.stop();
    expect(server.violations).toEqual([]);
  }
}

/** Gives a command under a fault that then passes, and expects the answer. */
export async function expectAnswer<Page extends AnyPage & { give(command: (page: Page) => unknown): void }>(
  page: Page,
  fault: Fault,
  command: Command<Page>,
  answer: Answer,
): Promise<void> {
  await command.before(page);
  const since = page.statuses.length;
  page.begin(fault, command.action, command.refusal ?? "CONFLICT", command.delayMs);
  page.give(command.give);
  await page.says(answer.says, since);
  if (answer.alert) await page.alerts(answer.alert);
  page.heal();
  if (answer.then !== undefined) await page.shows(answer.then);
  await eventually(() => expect(command.hasEffect(page)).toBe(answer.fails !== true));
}
