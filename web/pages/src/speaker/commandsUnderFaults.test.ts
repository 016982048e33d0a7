import { readFileSync } from "node:fs";
import type { Timings } from "websocket-sessions";
import { describe, expect, test } from "vitest";
import { token } from "../../../client/testSupport/harness.ts";
import { BROKEN_MICROPHONE, FakeMicrophone } from "../../testSupport/fakeMicrophone.ts";
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
import { controlsOf } from "../../testSupport/controls.ts";
import { failureText } from "../uiText.ts";
import { SpeakerController } from "./speakerController.ts";
import { alertText, createSpeakerStore, statusLine, type SpeakerPageState } from "./state.ts";

const BODY = { sourceLanguage: "en", quality: "standard" } as const;
const SPEAKER = { id: "the speaker", name: "The Speaker" };

/** The status line on air; else the step, and whether the page works on what was asked for. */
function shown(state: SpeakerPageState): string {
  const { step, busySince } = state;
  if (step === "broadcast") return statusLine(state)[0];
  return busySince === undefined ? step : `${step}, busy`;
}

/** The speaker page's controller with a fake microphone. */
class SpeakerPage extends PageUnderFaults<SpeakerPageState> {
  readonly microphone = new FakeMicrophone();
  readonly controller: SpeakerController;

  constructor(network: Network, timings: Partial<Timings> | undefined) {
    super(network, createSpeakerStore(), { status: shown, alert: alertText });
    const options = { ...this.options(timings), token: async () => Promise.resolve(token("speaker")) };
    this.controller = new SpeakerController(this.store, options, () => undefined, this.microphone);
    this.store.patch({ user: SPEAKER, step: "setup" });
  }

  give(command: (page: this) => unknown): void {
    Promise.resolve(command(this)).catch((error: unknown) => this.store.patch({ alert: failureText(error) }));
  }

  async close(): Promise<void> {
    this.controller.cancel();
    await this.controller.stop();
  }

  async goOnAir(): Promise<void> {
    this.give(async () => this.controller.create(BODY));
    await this.shows("Broadcasting");
  }

  async pause(): Promise<void> {
    await this.goOnAir();
    this.give(async () => this.controller.broadcast?.togglePause());
    await this.shows("Paused");
  }

  /** Another page has created the session, and this one offers to continue it. */
  async offerStored(): Promise<void> {
    const message = { action: "createSession", requestId: "earlier", ...BODY } as const;
    this.server.session.handle(message, undefined);
    const storedSession = { sessionId: "caring-king-275", owner: SPEAKER.id, muted: false };
    this.store.patch({ step: "resume", storedSession });
    return Promise.resolve();
  }
}

const REFUSED = /Another session is already running here/;
const TIMED_OUT = /did not answer in time/;

const says = (line: string, then: string): Answer => ({ says: [line], then });
const fails = (line: string, alert: RegExp, then: string): Answer => ({
  says: [line],
  alert,
  then,
  fails: true,
});

/** Every command of the speaker, and what the page shows under each fault. */
const COMMANDS: Readonly<Record<string, Command<SpeakerPage>>> = {
  "creating a session": {
    control: "create",
    action: "createSession",
    before: async () => Promise.resolve(),
    give: async ({ controller }) => controller.create(BODY),
    hasEffect: ({ server }) => server.session.created.size === 1,
    answers: {
      cut: says("setup, busy", "Broadcasting"),
      stall: says("setup, busy", "Broadcasting"),
      delay: says("setup, busy", "Broadcasting"),
      // The session is created over HTTP, and waits for its connection.
      refuse: says("Reconnecting", "Broadcasting"),
      refusal: fails("setup, busy", REFUSED, "setup"),
      silence: fails("setup, busy", TIMED_OUT, "setup"),
    },
  },
  "canceling the creation": {
    control: "cancel",
    action: "createSession",
    before: async () => Promise.resolve(),
    give: async (page) => {
      page.give(async ({ controller }) => controller.create(BODY));
      await page.shows("setup, busy");
      page.controller.cancel();
    },
    hasEffect: ({ status, microphone }) => status === "setup" && !microphone.isRecording,
    answers: {
      cut: says("setup, busy", "setup"),
      stall: says("setup, busy", "setup"),
      delay: says("setup, busy", "setup"),
      refuse: says("setup, busy", "setup"),
      refusal: says("setup, busy", "setup"),
      silence: says("setup, busy", "setup"),
    },
  },
  speaking: {
    control: undefined,
    action: "publish",
    before: async (page) => page.goOnAir(),
    give: () => undefined,
    hasEffect: ({ store, server }) => store.value.flow.name === "flowing" && server.session.log.length > 0,
    delayMs: 1200,
    answers: {
      cut: says("Reconnecting", "Broadcasting"),
      stall: { says: ["Your audio does not arrive", "Reconnecting"], then: "Broadcasting" },
      delay: says("Broadcasting, 2 s late", "Broadcasting"),
      refuse: says("Reconnecting", "Broadcasting"),
      refusal: { says: ["Your audio does not arrive"], alert: REFUSED, then: "Broadcasting" },
      silence: says("Your audio does not arrive", "Broadcasting"),
    },
  },
  muting: {
    control: "mute",
    action: "updateSession",
    before: async (page) => page.goOnAir(),
    give: ({ controller }) => controller.toggleMute(),
    hasEffect: ({ server, microphone }) => microphone.muted && server.session.isMuted,
    answers: {
      cut: says("Reconnecting", "Broadcasting, muted"),
      stall: says("Broadcasting, muted", "Broadcasting, muted"),
      delay: says("Broadcasting, muted", "Broadcasting, muted"),
      refuse: says("Reconnecting", "Broadcasting, muted"),
      refusal: fails("Broadcasting, muted", /listeners do not see that you are muted/, "Broadcasting, muted"),
      silence: fails("Broadcasting, muted", /listeners do not see that you are muted/, "Broadcasting, muted"),
    },
  },
  pausing: {
    control: "pause",
    action: "updateSession",
    before: async (page) => page.goOnAir(),
    give: async ({ controller }) => controller.broadcast?.togglePause(),
    hasEffect: ({ server, microphone }) => server.session.status === "paused" && !microphone.isRecording,
    answers: {
      cut: says("Reconnecting", "Paused"),
      stall: says("Pausing…", "Paused"),
      delay: says("Pausing…", "Paused"),
      refuse: says("Reconnecting", "Paused"),
      refusal: fails("Pausing…", REFUSED, "Broadcasting"),
      silence: fails("Pausing…", TIMED_OUT, "Broadcasting"),
    },
  },
  resuming: {
    control: "pause",
    action: "updateSession",
    before: async (page) => page.pause(),
    give: async ({ controller }) => controller.broadcast?.togglePause(),
    hasEffect: ({ server, microphone }) => server.session.status === "active" && microphone.isRecording,
    answers: {
      cut: says("Reconnecting", "Broadcasting"),
      stall: says("Resuming…", "Broadcasting"),
      delay: says("Resuming…", "Broadcasting"),
      refuse: says("Reconnecting", "Broadcasting"),
      refusal: fails("Resuming…", REFUSED, "Paused"),
      silence: fails("Resuming…", TIMED_OUT, "Paused"),
    },
  },
  "choosing another microphone": {
    control: "device",
    action: undefined,
    before: async (page) => page.goOnAir(),
    give: async ({ controller }) => controller.broadcast?.useMicrophone("another"),
    hasEffect: ({ microphone }) => microphone.deviceId === "another" && microphone.isRecording,
    answers: {
      cut: says("Reconnecting", "Broadcasting"),
      stall: says("Starting…", "Broadcasting"),
      delay: says("Starting…", "Broadcasting"),
      refuse: says("Reconnecting", "Broadcasting"),
      refusal: says("Starting…", "Broadcasting"),
      silence: says("Starting…", "Broadcasting"),
    },
  },
  ending: {
    control: "end",
    action: "endSession",
    before: async (page) => page.goOnAir(),
    give: async ({ controller }) => controller.broadcast?.end(),
    hasEffect: ({ server, microphone }) => server.session.status === "ended" && !microphone.isOpen,
    answers: {
      cut: says("Ending after the reconnection", "ended"),
      stall: says("Ending…", "ended"),
      delay: says("Ending…", "ended"),
      refuse: says("Ending after the reconnection", "ended"),
      refusal: fails("Ending…", REFUSED, "Broadcasting"),
      silence: says("Ending…", "ended"),
    },
  },
  "signing out on air": {
    control: "sign-out",
    action: "endSession",
    before: async (page) => page.goOnAir(),
    give: async ({ controller }) => controller.stop(),
    hasEffect: ({ microphone, store }) => !microphone.isOpen && store.value.step !== "broadcast",
    answers: {
      cut: says("Ending after the reconnection", "ended"),
      stall: says("Ending…", "ended"),
      delay: says("Ending…", "ended"),
      refuse: says("Ending after the reconnection", "ended"),
      // The page is left; the session ends after its grace period.
      refusal: { says: ["Ending…", "resume"], then: "resume" },
      silence: { says: ["Ending…", "resume"], then: "resume" },
    },
  },
  "continuing a session": {
    control: "continue",
    action: "resumeSession",
    before: async (page) => page.offerStored(),
    give: async ({ controller }) => controller.resume(),
    hasEffect: ({ server, microphone }) => server.session.speaker !== undefined && microphone.isRecording,
    answers: {
      cut: says("resume, busy", "Broadcasting"),
      stall: says("resume, busy", "Broadcasting"),
      delay: says("resume, busy", "Broadcasting"),
      refuse: says("resume, busy", "Broadcasting"),
      refusal: fails("resume, busy", REFUSED, "resume"),
      silence: fails("resume, busy", TIMED_OUT, "resume"),
    },
  },
  "ending a session of before": {
    control: "end-stored",
    action: "endSession",
    before: async (page) => page.offerStored(),
    give: async ({ controller }) => controller.endStoredSession(),
    hasEffect: ({ server }) => server.session.status === "ended",
    answers: {
      cut: says("resume, busy", "setup"),
      stall: says("resume, busy", "setup"),
      delay: says("resume, busy", "setup"),
      refuse: says("resume, busy", "setup"),
      refusal: fails("resume, busy", REFUSED, "resume"),
      silence: fails("resume, busy", TIMED_OUT, "resume"),
    },
  },
  "connecting now": {
    control: "reconnect",
    action: undefined,
    before: async (page) => page.goOnAir(),
    // Offered once the page waits. The network has healed by then.
    give: async (page) => {
      await page.shows("Reconnecting");
      await eventually(() => expect(page.store.value.connection.name).toBe("waitingToRetry"));
      page.heal();
      page.store.value.reconnect?.();
    },
    hasEffect: ({ store }) => store.value.connection.name === "open",
    // The request under way waits as long, so that the page is not yet on air when the connection is open.
    timings: { backoff: { baseMs: 600_000, capMs: 600_000 }, requestTimeoutMs: 4000 },
    answers: {
      cut: { says: ["Reconnecting"] },
      stall: { says: ["Your audio does not arrive", "Reconnecting"] },
      delay: "unavailable",
      refuse: { says: ["Reconnecting"] },
      refusal: "unavailable",
      silence: "unavailable",
    },
  },
};

/** Controls that need no network. Those of the sign-in are on every page, and are tested with it. */
const WITHOUT_NETWORK = [
  "again",
  "cancel-continue", // as cancel
  "confirm-yes",
  "copy-id",
  "copy-link",
  "language",
  "leave-stored",
  "open-microphone",
  "retry-microphone", // as device
  "test-device",
];

test("every control of the speaker page is a command with an answer to each fault, or needs no network", () => {
  const commands = Object.values(COMMANDS).map(({ control }) => control);
  const page = readFileSync(new URL("../../speaker.html", import.meta.url), "utf8");
  expect(controlsOf(page).filter((id) => !commands.includes(id))).toEqual(WITHOUT_NETWORK);
});

async function onPage(
  timings: Partial<Timings> | undefined,
  check: (page: SpeakerPage) => Promise<void>,
): Promise<void> {
  await onNetwork((network) => new SpeakerPage(network, timings), check);
}

describe.concurrent("the speaker's commands under faults", { timeout: 60_000 }, () => {
  test.each(casesOf(COMMANDS))("%s under %s", async (_, fault, command, answer) => {
    await onPage(command.timings, async (page) => expectAnswer(page, fault, command, answer));
  });

  test("another microphone that cannot be opened leaves the one in use", async () => {
    await onPage(undefined, async (page) => {
      await page.goOnAir();
      const since = page.statuses.length;
      page.give(async ({ controller }) => controller.broadcast?.useMicrophone(BROKEN_MICROPHONE));
      await page.alerts(/could not be opened/);
      await page.says(["Starting…", "Broadcasting"], since);
      expect(page.microphone.deviceId).toBe("default");
    });
  });

  test("a microphone that is disconnected is named until another one records", async () => {
    await onPage(undefined, async (page) => {
      await page.goOnAir();
      await page.microphone.lose();
      await page.shows("On air without a microphone");
      await page.alerts(/was disconnected/);
      page.give(async ({ controller }) => controller.broadcast?.useMicrophone("another"));
      await page.shows("Broadcasting");
      expect(alertText(page.store.value)).toBeUndefined();
    });
  });

  test("a Pause whose every attempt loses the connection leaves the broadcast as it was", async () => {
    await onPage(undefined, async (page) => {
      await page.goOnAir();
      page.begin("silence", undefined, "CONFLICT");
      page.server.fault = ({ action }) => (action === "updateSession" ? "dropBefore" : undefined);
      page.give(async ({ controller }) => controller.broadcast?.togglePause());
      await page.alerts(/./);
      page.heal();
      await page.shows("Broadcasting");
      const before = page.server.session.log.length;
      await eventually(() => expect(page.server.session.log.length).toBeGreaterThan(before + 3));
    });
  });
});
