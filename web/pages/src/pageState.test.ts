import { expect, test } from "vitest";
import { createListenerStore, playbackLine } from "./listener/state.ts";
import { createSpeakerStore, statusLine, type SpeakerPageState } from "./speaker/state.ts";

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
])("the speaker reads %s when %j", (text, change) => {
  const state = {
    ...createSpeakerStore().value,
    session: SESSION,
    connection: OPEN,
    recording: true,
    ...change,
  };
  expect(statusLine(state)[0]).toBe(text);
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

test("the listener page says when the browser requires a click", () => {
  expect(playbackLine({ ...createListenerStore().value, player: "blocked" })).toMatch(/click/);
});
