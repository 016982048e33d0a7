import type { EndReason } from "websocket-sessions";
import { connectionText, durationText, endText, progressText } from "../uiText.ts";
import { byId, fillSelect, showAlert, showLoading, stepShower, showText, type PageStep } from "../dom.ts";
import { joinLink } from "../joinLink.ts";
import { qrCode } from "../qrCode.ts";
import type { Store } from "../store.ts";
import { alertText, greenRoom, statusLine, type SpeakerPageState } from "./state.ts";

const STEPS: Readonly<Record<SpeakerPageState["step"], PageStep>> = {
  loading: { section: undefined, title: "Speaker" },
  signIn: { section: "sign-in", title: "Sign in to speak" },
  resume: { section: "resume", title: "Session still running" },
  setup: { section: "setup", title: "New session" },
  broadcast: { section: "broadcast", title: "On air" },
  ended: { section: "ended", title: "Session ended" },
};

/** Shows each part of the state on the page whenever it changes. */
export function showState(store: Store<SpeakerPageState>): void {
  store.watch(({ step }) => step, stepShower(STEPS, true));
  store.watch(alertText, showAlert);
  store.watch(({ step, alert }) => step === "loading" && alert === undefined, showLoading);
  store.watch(({ user }) => user?.name, showUser);
  store.watch(({ busySince }) => busySince !== undefined, showBusy);
  store.watch(({ busySince, isSupported }) => busySince === undefined && isSupported, allowSpeaking);
  store.watch(greenRoom, (shown) => {
    byId("green-room").hidden = shown === "none";
    byId("microphone-question").hidden = shown !== "ask";
    byId("microphone-test").hidden = shown !== "test";
  });
  store.watch(
    ({ microphone }) => microphone.name === "opening",
    (opening) => (byId("open-microphone", HTMLButtonElement).disabled = opening),
  );
  store.watch(({ storedSession }) => storedSession?.sessionId, showStoredSession);
  store.watch(({ step }) => step === "broadcast", confirmLeaving);
  store.watch(({ session }) => session?.sessionId, showSessionId);
  store.watch((state) => statusLine(state).join("|"), showStatus);
  store.watch(
    ({ connection }) => connection.name === "waitingToRetry",
    (isWaiting) => (byId("reconnect").hidden = !isWaiting),
  );
  store.watch(
    ({ session }) => session?.listeners ?? 0,
    (count) => {
      byId("listeners").textContent = String(count);
      byId("no-listeners").hidden = count > 0;
    },
  );
  store.watch(({ session }) => session?.status === "paused", showPaused);
  store.watch(
    ({ session }) => (session?.status === "ended" ? speakerEndText(session.endReason) : ""),
    (text) => (byId("ended-reason").textContent = text),
  );
  store.watch(({ muted }) => muted, showMuted);
  store.watch(
    ({ microphone }) => microphone.name === "failed",
    (failed) => (byId("retry-microphone").hidden = !failed),
  );
  store.watch(
    ({ command }) => command,
    (command) => {
      byId("pause", HTMLButtonElement).disabled = command !== undefined;
      byId("end", HTMLButtonElement).disabled = command === "ending";
    },
  );
  store.watch(
    ({ devices }) => devices,
    () => showDevices(store.value),
  );
  store.watch(
    ({ deviceId }) => deviceId,
    () => showDevices(store.value),
  );
}

/** Shows the level of the microphone, from 0 to 1. Call it about ten times a second. */
export function showLevel(level: number): void {
  for (const id of ["level", "test-level"]) byId(id, HTMLMeterElement).value = level;
}

function showDevices({ devices, deviceId }: SpeakerPageState): void {
  const found = devices.map(({ id, label }) => ({ value: id, label }));
  const choices = found.length > 0 ? found : [{ value: "", label: "No microphone found" }];
  for (const id of ["device", "test-device"]) fillSelect(id, choices, deviceId);
}

function allowSpeaking(allowed: boolean): void {
  for (const id of ["create", "continue"]) byId(id, HTMLButtonElement).disabled = !allowed;
}

/** Shows the parts that change with time. Call it twice a second, and when the connection changes. */
export function showTime({ session, connection, busySince }: SpeakerPageState): void {
  const now = Date.now();
  if (session) byId("elapsed").textContent = durationText(now - Date.parse(session.createdAt));
  byId("connection").textContent = connectionText(connection, now);
  showText("progress", progressText(connection, busySince, now));
}

function showUser(name: string | undefined): void {
  byId("account").hidden = name === undefined;
  byId("account-name").textContent = name ?? "";
}

function showBusy(busy: boolean): void {
  for (const id of ["end-stored", "leave-stored"]) byId(id, HTMLButtonElement).disabled = busy;
  byId("create").textContent = busy ? "Creating…" : "Create Session";
  byId("cancel").hidden = byId("cancel-continue").hidden = !busy;
}

function showStoredSession(sessionId: string | undefined): void {
  byId("continue").textContent = `Continue session ${sessionId ?? ""}`;
}

/** Makes the browser ask before it leaves the page while the speaker is on air. */
function confirmLeaving(onAir: boolean): void {
  if (onAir) window.addEventListener("beforeunload", preventUnload);
  else window.removeEventListener("beforeunload", preventUnload);
}

function preventUnload(event: Event): void {
  event.preventDefault();
}

function showSessionId(sessionId: string | undefined): void {
  byId("session-id").textContent = sessionId ?? "";
  byId("copied").textContent = "";
  if (sessionId === undefined) return;
  const link = joinLink(sessionId, location.href);
  const anchor = byId("join-link", HTMLAnchorElement);
  anchor.href = link;
  // Shown without the scheme, and with one place at which the line may break.
  const [address = ""] = link.replace(/^https?:\/\//, "").split("#");
  anchor.replaceChildren(address, document.createElement("wbr"), `#${sessionId}`);
  byId("qr").replaceChildren(qrCode(link, `QR code of the link to ${sessionId}`));
}

function showStatus(line: string): void {
  const [text = "", tone = ""] = line.split("|");
  byId("status").textContent = text;
  byId("status").dataset.tone = tone;
}

function showPaused(paused: boolean): void {
  byId("pause").textContent = paused ? "Resume" : "Pause";
}

function speakerEndText(reason: EndReason | undefined): string {
  return reason === "ended" ? "You ended it." : endText(reason);
}

function showMuted(muted: boolean): void {
  byId("mute").setAttribute("aria-pressed", String(muted));
  byId("mute").textContent = muted ? "Muted" : "Mute";
}
