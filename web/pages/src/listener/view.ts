import { byId, showAlert, showLoading, stepShower, showText, type PageStep } from "../dom.ts";
import { languageName } from "../languages.ts";
import type { Store } from "../store.ts";
import { absenceText, connectionText, endText, progressText } from "../uiText.ts";
import { goLiveLabel, playbackLine, statusLine, type ListenerPageState } from "./state.ts";

const STEPS: Readonly<Record<ListenerPageState["step"], PageStep>> = {
  loading: { section: undefined, title: "Listener" },
  signIn: { section: "sign-in", title: "Sign in to listen" },
  join: { section: "join", title: "Listener" },
  listening: { section: "listening", title: "Listening" },
  ended: { section: "ended", title: "Session ended" },
};

/** Shows each part of the state on the page whenever it changes. */
export function showState(store: Store<ListenerPageState>): void {
  store.watch(({ step }) => step, stepShower(STEPS, true));
  store.watch(({ alert }) => alert, showAlert);
  store.watch(({ step, alert }) => step === "loading" && alert === undefined, showLoading);
  store.watch(({ joiningSince }) => joiningSince !== undefined, showJoining);
  store.watch(
    ({ session }) => session?.sessionId,
    (id) => (byId("session-id").textContent = id ?? ""),
  );
  store.watch(
    ({ session }) => session?.sourceLanguage,
    (language) =>
      (byId("spoken-language").textContent = language ? `Language: ${languageName(language)}` : ""),
  );
  store.watch((state) => statusLine(state).join("|"), showStatus);
  store.watch(
    ({ connection }) => connection.name === "waitingToRetry",
    (isWaiting) => (byId("reconnect").hidden = !isWaiting),
  );
  store.watch(playbackLine, (line) => (byId("playback").textContent = line));
  store.watch(goLiveLabel, (label) => {
    byId("go-live").hidden = label === undefined;
    byId("go-live").textContent = label ?? "";
  });
  store.watch(
    ({ session }) => session?.targetLanguage,
    (language) => (byId("live-language", HTMLSelectElement).value = language ?? ""),
  );
  store.watch(
    ({ session }) => (session?.status === "ended" ? endText(session.endReason) : ""),
    (text) => (byId("ended-reason").textContent = text),
  );
}

/**
 * Shows the parts that change with time. Call it twice a second, and when the connection changes.
 *
 * @param serverNow epoch milliseconds by the server's clock.
 */
export function showTime({ connection, joiningSince, session }: ListenerPageState, serverNow: number): void {
  const now = Date.now();
  showText("absence", session?.status === "ended" ? "" : absenceText(session?.graceEndsAt, serverNow));
  byId("connection").textContent = connectionText(connection, now);
  showText("progress", progressText(connection, joiningSince, now));
}

function showJoining(joining: boolean): void {
  const button = byId("join-button", HTMLButtonElement);
  button.disabled = joining;
  button.textContent = joining ? "Joining…" : "Join";
  byId("cancel").hidden = !joining;
}

function showStatus(line: string): void {
  const [text = "", tone = ""] = line.split("|");
  byId("status").textContent = text;
  byId("status").dataset.tone = tone;
}
