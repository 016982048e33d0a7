import { expect, test } from "vitest";
import { INITIAL_PLAYER_STATE } from "./audio/player.ts";
import {
  createListenerStore,
  goLiveLabel,
  playbackLine,
  statusLine as statusLineOfListener,
  type ListenerPageState,
} from "./listener/state.ts";
import {
  alertText,
  createSpeakerStore,
  greenRoom,
  statusLine,
  type SpeakerPageState,
} from "./speaker/state.ts";

const OPEN = { name: "open", since: 0 } as const;
const SESSION = { status: "active" } as NonNullable<SpeakerPageState["session"]>;

const FLOWING = { name: "flowing", delaySeconds: 0, isDropping: false } as const;
const OFFLINE = { name: "connecting", attempt: 1 } as const;

function onAir(change: Partial<SpeakerPageState>): SpeakerPageState {
  return {
    ...createSpeakerStore().value,
    step: "broadcast",
    session: SESSION,
    connection: OPEN,
    microphone: { name: "recording" },
    flow: FLOWING,
    ...change,
  };
}

test.each<[string, Partial<SpeakerPageState>]>([
  ["Broadcasting", {}],
  ["Broadcasting", { connection: { name: "handingOver" } }],
  ["Broadcasting", { flow: { ...FLOWING, delaySeconds: 1 } }],
  ["Broadcasting, 2 s late", { flow: { ...FLOWING, delaySeconds: 2 } }],
  ["Broadcasting, muted", { muted: true }],
  ["On air without a microphone", { microphone: { name: "failed", text: "None." } }],
  ["Starting…", { microphone: { name: "opening" } }],
  ["Starting…", { flow: { ...FLOWING, name: "starting" } }],
  ["Your audio does not arrive", { flow: { ...FLOWING, name: "stalled" } }],
  ["Paused", { session: { ...SESSION, status: "paused" }, microphone: { name: "off" } }],
  ["Pausing…", { command: "pausing" }],
  ["Resuming…", { command: "resuming", session: { ...SESSION, status: "paused" } }],
  ["Reconnecting", { connection: OFFLINE }],
  ["Reconnecting", { connection: OFFLINE, command: "pausing" }],
  ["Ending…", { command: "ending" }],
  ["Ending after the reconnection", { command: "ending", connection: OFFLINE }],
  ["Ended", { session: { ...SESSION, status: "ended" }, connection: { name: "closed", error: undefined } }],
])("the speaker reads %s when %j", (text, change) => {
  expect(statusLine(onAir(change))[0]).toBe(text);
});

test("the speaker reads green only while listeners can hear", () => {
  const silent: Partial<SpeakerPageState>[] = [
    { connection: OFFLINE },
    { command: "ending" },
    { microphone: { name: "failed", text: "None." } },
    { flow: { ...FLOWING, name: "stalled" } },
    { muted: true },
  ];
  expect(statusLine(onAir({}))[1]).toBe("live");
  for (const change of silent) expect(statusLine(onAir(change))[1]).not.toBe("live");
});

test("an alert goes when its cause goes", () => {
  expect(alertText(onAir({ microphone: { name: "failed", text: "No microphone was found." } }))).toBe(
    "No microphone was found.",
  );
  expect(alertText(onAir({}))).toBeUndefined();
  expect(alertText(onAir({ flow: { ...FLOWING, isDropping: true } }))).toMatch(/Some of your audio/);
  expect(alertText(onAir({ refusal: "Refused.", muteFailure: "Unseen." }))).toBe("Refused.");
  expect(alertText(onAir({ muteFailure: "Unseen." }))).toBe("Unseen.");
  expect(alertText(onAir({ alert: "It failed.", flow: { ...FLOWING, isDropping: true } }))).toBe(
    "It failed.",
  );
  expect(alertText(onAir({ step: "ended", flow: { ...FLOWING, isDropping: true } }))).toBeUndefined();
});

test("the green room asks for the microphone, tests it, and offers nothing where the browser cannot record", () => {
  const setup = { ...createSpeakerStore().value, step: "setup" } as const;
  expect(greenRoom(setup)).toBe("ask");
  expect(greenRoom({ ...setup, microphone: { name: "opening" } })).toBe("ask");
  expect(greenRoom({ ...setup, microphone: { name: "ready" } })).toBe("test");
  expect(greenRoom({ ...setup, microphone: { name: "failed", text: "Refused." } })).toBe("ask");
  expect(alertText({ ...setup, microphone: { name: "failed", text: "Refused." } })).toBe("Refused.");
  expect(greenRoom({ ...setup, isSupported: false })).toBe("none");
  expect(alertText({ ...setup, isSupported: false })).toMatch(/cannot record audio/);
  expect(alertText({ ...setup, isSupported: false, step: "signIn" })).toBeUndefined();
});

test("a part of the page is shown again only after its part of the state changed", () => {
  const store = createSpeakerStore();
  const shown: boolean[] = [];
  store.watch(
    ({ muted }) => muted,
    (muted) => shown.push(muted),
  );
  store.patch({ alert: "something else" });
  store.patch({ muted: true });
  expect(shown).toEqual([false, true]);
});

const PLAYING = { ...INITIAL_PLAYER_STATE, name: "playing" } as const;
const LISTENED = { status: "active" } as NonNullable<ListenerPageState["session"]>;

function listening(change: Partial<ListenerPageState>): ListenerPageState {
  return {
    ...createListenerStore().value,
    step: "listening",
    session: LISTENED,
    connection: OPEN,
    player: PLAYING,
    ...change,
  };
}

test.each<[string, string, string | undefined, Partial<ListenerPageState>]>([
  ["Live", "Playing", undefined, {}],
  ["12 s behind", "Playing", "Go live", { player: { ...PLAYING, lagSeconds: 12 } }],
  ["No sound", "Waiting for sound…", undefined, { player: { ...PLAYING, name: "waiting" } }],
  ["No sound", "Paused on this device.", "Play sound", { player: { ...PLAYING, name: "paused" } }],
  [
    "No sound",
    "Your browser requires a click before it plays sound.",
    "Play sound",
    { player: { ...PLAYING, name: "blocked" } },
  ],
  [
    "Live",
    "A part of the audio could not be played.",
    undefined,
    { player: { ...PLAYING, hasDamage: true } },
  ],
  [
    "No sound",
    "This browser cannot play the speaker's audio (audio/flac). Use another browser.",
    undefined,
    { player: { ...PLAYING, name: "waiting", unplayableType: "audio/flac" } },
  ],
  ["Reconnecting", "Playing", undefined, { connection: OFFLINE }],
  [
    "The speaker is muted",
    "",
    undefined,
    { session: { ...LISTENED, muted: true }, player: { ...PLAYING, name: "waiting" } },
  ],
  [
    "The speaker is away",
    "",
    undefined,
    {
      session: { ...LISTENED, muted: true, graceEndsAt: "2026-01-01T00:05:00Z" },
      player: { ...PLAYING, name: "waiting" },
    },
  ],
  [
    "Paused by the speaker",
    "",
    undefined,
    { session: { ...LISTENED, status: "paused" }, player: { ...PLAYING, name: "waiting" } },
  ],
])("the listener reads %s, %s and the button %s when %j", (status, playback, button, change) => {
  const state = listening(change);
  expect([statusLineOfListener(state)[0], playbackLine(state), goLiveLabel(state)]).toEqual([
    status,
    playback,
    button,
  ]);
});
