import { expect, test } from "vitest";
import { playbackLine, newState as newListener } from "../../src/pages/listener/state.ts";
import { newState, statusLine, type SpeakerPageState } from "../../src/pages/speaker/state.ts";

const OPEN = { name: "open", since: 0 } as const;
const SESSION = { status: "active" } as NonNullable<SpeakerPageState["session"]>;

test.each<[string, Partial<SpeakerPageState>]>([
  ["Broadcasting", {}],
  ["Broadcasting", { connection: { name: "handingOver" } }],
  ["Broadcasting, muted", { muted: true }],
  ["Broadcasting, without a microphone", { recording: false }],
  ["Paused", { session: { ...SESSION, status: "paused" } }],
  ["Reconnecting", { connection: { name: "connecting", attempt: 1 } }],
  ["Ended", { session: { ...SESSION, status: "ended" }, connection: { name: "closed", error: undefined } }],
])("the speaker reads %s when %j", (words, change) => {
  const state = { ...newState().value, session: SESSION, connection: OPEN, recording: true, ...change };
  expect(statusLine(state)[0]).toBe(words);
});

test("a part of the page is shown anew only when its part of the state changed", () => {
  const store = newState();
  const shown: boolean[] = [];
  store.watch(
    ({ muted }) => muted,
    (muted) => shown.push(muted),
  );
  store.patch({ alert: "something else" });
  store.patch({ muted: true });
  expect(shown).toEqual([false, true]);
});

test("a listener is told when the browser waits for a click", () => {
  expect(playbackLine({ ...newListener().value, player: "blocked" })).toMatch(/click/);
});
