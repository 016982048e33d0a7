import { readFileSync } from "node:fs";
import type { ListenerOptions, Timings } from "websocket-sessions";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { controlsOf } from "../../testSupport/controls.ts";
import { FakePlayer } from "../../testSupport/fakePlayer.ts";
import {
  eventually,
  PageUnderFaults,
  onNetwork,
  expectAnswer,
  casesOf,
  type Command,
  type Answer,
  type Network,
} from "../../testSupport/pageUnderFaults.ts";
import { WEBM_OPUS } from "../audio/webmRecording.ts";
import { failureText } from "../uiText.ts";
import { joinAndPlay, type ListenerController } from "./listenerController.ts";
import { createListenerStore, statusLine, type ListenerPageState } from "./state.ts";

const CHUNK_MILLISECONDS = 100;

/** The status line while listening; else the step, and what its connection does. */
function shown(state: ListenerPageState): string {
  const { step, connection } = state;
  if (step === "listening") return statusLine(state)[0];
  return connection.name === "idle" || connection.name === "closed" ? step : `${step}, ${connection.name}`;
}

/** The listener page's controller with a fake player. The speaker of its session speaks all the time. */
class ListenerPage extends PageUnderFaults<ListenerPageState> {
  readonly player = new FakePlayer();
  controller: ListenerController | undefined;
  readonly #options: ListenerOptions;
  readonly #cancel = new AbortController();
  readonly #speaking: ReturnType<typeof setInterval>;

  constructor(network: Network, timings: Partial<Timings> | undefined) {
    super(network, createListenerStore(), { status: shown, alert: ({ alert }) => alert });
    this.#options = {
      ...this.options(timings),
      anonymous: true,
      sessionId: "caring-king-275",
      targetLanguage: "de",
    };
    this.#speaking = setInterval(() => {
      this.server.session.append("AAAA", { contentType: WEBM_OPUS, encoding: "base64" });
    }, CHUNK_MILLISECONDS);
    this.store.patch({ step: "join" });
  }

  give(command: (page: this) => unknown): void {
    Promise.resolve(command(this)).catch((error: unknown) => {
      if (!this.#cancel.signal.aborted) this.store.patch({ alert: failureText(error) });
    });
  }

  async join(): Promise<void> {
    this.controller = await joinAndPlay(this.#options, this.store, this.player, this.#cancel.signal);
  }

  cancel(): void {
    this.#cancel.abort();
  }

  async listen(): Promise<void> {
    this.give(async () => this.join());
    await this.shows("Live");
  }

  async close(): Promise<void> {
    clearInterval(this.#speaking);
    this.cancel();
    await this.controller?.leave();
  }
}

const TIMED_OUT = /did not answer in time/;

const says = (line: string, then: string): Answer => ({ says: [line], then });
const fails = (alert: RegExp, then: string): Answer => ({ says: [], alert, then, fails: true });
/** What the page goes on to say when a command needs no network. */
const GOES_ON: Answer = { says: [], then: "Live" };

/** Every command of the listener, and what the page shows under each fault. */
const COMMANDS: Readonly<Record<string, Command<ListenerPage>>> = {
  joining: {
    control: "join-button",
    action: "joinSession",
    refusal: "SESSION_FULL",
    before: async () => Promise.resolve(),
    give: async (page) => page.join(),
    hasEffect: ({ store }) => store.value.step === "listening",
    answers: {
      cut: says("join, waitingToRetry", "Live"),
      stall: says("join, connecting", "Live"),
      delay: says("join, connecting", "Live"),
      refuse: says("join, waitingToRetry", "Live"),
      refusal: fails(/This session is full/, "join"),
      silence: fails(TIMED_OUT, "join"),
    },
  },
  "canceling the join": {
    control: "cancel",
    action: "joinSession",
    refusal: "SESSION_FULL",
    before: async () => Promise.resolve(),
    give: async (page) => {
      page.give(async () => page.join());
      await page.shows("join, connecting");
      page.cancel();
    },
    hasEffect: ({ store, server }) => store.value.step === "join" && server.session.listeners.size === 0,
    answers: {
      cut: says("join, connecting", "join"),
      stall: says("join, connecting", "join"),
      delay: says("join, connecting", "join"),
      refuse: says("join, connecting", "join"),
      refusal: says("join, connecting", "join"),
      silence: says("join, connecting", "join"),
    },
  },
  listening: {
    control: undefined,
    action: undefined,
    before: async (page) => page.listen(),
    give: () => undefined,
    hasEffect: ({ player }) => player.state.value.name === "playing",
    answers: {
      cut: says("Reconnecting", "Live"),
      // The silence shows at once, and that the connection causes it within seconds.
      stall: { says: ["No sound", "Reconnecting"], then: "Live" },
      delay: GOES_ON,
      refuse: says("Reconnecting", "Live"),
      refusal: GOES_ON,
      silence: GOES_ON,
    },
  },
  "changing the language": {
    control: "live-language",
    action: "joinSession",
    refusal: "UNSUPPORTED_LANGUAGE",
    before: async (page) => page.listen(),
    give: async ({ controller }) => controller?.setLanguage("fr"),
    hasEffect: ({ store }) => store.value.session?.targetLanguage === "fr",
    answers: {
      cut: says("Reconnecting", "Live"),
      stall: says("No sound", "Live"),
      delay: GOES_ON,
      refuse: says("Reconnecting", "Live"),
      refusal: fails(/This language is unavailable here/, "Live"),
      silence: fails(TIMED_OUT, "Live"),
    },
  },
  "going live": {
    control: "go-live",
    action: undefined,
    before: async (page) => page.listen(),
    give: ({ controller }) => controller?.goLive(),
    hasEffect: ({ player }) => player.skips === 1,
    answers: {
      cut: says("Reconnecting", "Live"),
      stall: says("No sound", "Live"),
      delay: GOES_ON,
      refuse: says("Reconnecting", "Live"),
      refusal: GOES_ON,
      silence: GOES_ON,
    },
  },
  leaving: {
    control: "leave",
    action: "leaveSession",
    before: async (page) => page.listen(),
    give: async ({ controller }) => controller?.leave(),
    hasEffect: ({ player }) => player.state.value.name === "waiting",
    answers: {
      cut: says("join", "join"),
      stall: says("join", "join"),
      delay: says("join", "join"),
      refuse: says("join", "join"),
      refusal: says("join", "join"),
      silence: says("join", "join"),
    },
  },
  "connecting now": {
    control: "reconnect",
    action: undefined,
    before: async (page) => page.listen(),
    // Offered once the page waits. The network has healed by then.
    give: async (page) => {
      await page.shows("Reconnecting");
      await eventually(() => expect(page.store.value.connection.name).toBe("waitingToRetry"));
      page.heal();
      page.store.value.reconnect?.();
    },
    hasEffect: ({ store }) => store.value.connection.name === "open",
    timings: { backoff: { baseMs: 600_000, capMs: 600_000 } },
    answers: {
      cut: says("Reconnecting", "Live"),
      stall: { says: ["No sound", "Reconnecting"], then: "Live" },
      delay: "unavailable",
      refuse: says("Reconnecting", "Live"),
      refusal: "unavailable",
      silence: "unavailable",
    },
  },
};

/** Controls that need no network. Those of the sign-in are on every page, and are tested with it. */
const WITHOUT_NETWORK = ["again", "language"];

test("every control of the listener page is a command with an answer to each fault, or needs no network", () => {
  const commands = Object.values(COMMANDS).map(({ control }) => control);
  const page = readFileSync(new URL("../../listener.html", import.meta.url), "utf8");
  expect(controlsOf(page).filter((id) => !commands.includes(id))).toEqual(WITHOUT_NETWORK);
});

test("the system's media controls pause and play", async () => {
  const handlers = new Map<string, () => void>();
  const mediaSession = { setActionHandler: (name: string, act: () => void) => handlers.set(name, act) };
  Object.defineProperty(navigator, "mediaSession", { value: mediaSession, configurable: true });
  vi.stubGlobal("MediaMetadata", Object);
  onTestFinished(() => {
    Reflect.deleteProperty(navigator, "mediaSession");
    vi.unstubAllGlobals();
  });
  await onPage(undefined, async (page) => {
    await page.listen();
    handlers.get("pause")?.();
    expect(page.player.state.value.name).toBe("paused");
    handlers.get("play")?.();
    expect(page.player.skips).toBe(1);
  });
});

async function onPage(
  timings: Partial<Timings> | undefined,
  check: (page: ListenerPage) => Promise<void>,
): Promise<void> {
  await onNetwork((network) => new ListenerPage(network, timings), check);
}

describe.concurrent("the listener's commands under faults", { timeout: 60_000 }, () => {
  test.each(casesOf(COMMANDS))("%s under %s", async (_, fault, command, answer) => {
    await onPage(command.timings, async (page) => expectAnswer(page, fault, command, answer));
  });
});
