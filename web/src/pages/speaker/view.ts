import type { EndReason } from "../../client/index.ts";
import { clockWords, connectionWords, endWords } from "../words.ts";
import { byId, fillSelect, showAlert, showOnly } from "../dom.ts";
import { joinLink } from "../joinLink.ts";
import { qrCode } from "../qrCode.ts";
import type { Store } from "../store.ts";
import { statusLine, type SpeakerPageState } from "./state.ts";

const SECTIONS = ["sign-in", "resume", "setup", "broadcast", "ended"] as const;
const SECTION_OF = {
  loading: undefined,
  signIn: "sign-in",
  resume: "resume",
  setup: "setup",
  broadcast: "broadcast",
  ended: "ended",
};
const TITLES = {
  loading: "Speaker",
  signIn: "Speaker",
  resume: "Speaker",
  setup: "Speaker",
  broadcast: "On air",
  ended: "Speaker",
};

/** Shows the state on the page, each part when it changes. */
export function showState(store: Store<SpeakerPageState>): void {
  store.watch(({ step }) => step, showStep);
  store.watch(({ alert }) => alert, showAlert);
  store.watch(({ user }) => user?.name, showUser);
  store.watch(({ busy }) => busy, showBusy);
  store.watch(({ remembered }) => remembered?.sessionId, showRemembered);
  store.watch(({ step }) => step === "broadcast", warnBeforeLeaving);
  store.watch(({ session }) => session?.sessionId, showSessionId);
  store.watch((state) => statusLine(state).join("|"), showStatus);
  store.watch(
    ({ session }) => session?.listeners ?? 0,
    (count) => (byId("listeners").textContent = String(count)),
  );
  store.watch(({ session }) => session?.status === "paused", showPaused);
  store.watch(
    ({ session }) => (session?.status === "ended" ? speakersEndWords(session.endReason) : ""),
    (words) => (byId("ended-reason").textContent = words),
  );
  store.watch(({ muted }) => muted, showMuted);
  store.watch(
    ({ recording, session }) => !recording && session?.status === "active",
    (missing) => (byId("retry-microphone").hidden = !missing),
  );
  store.watch(
    ({ devices }) => devices,
    (devices) =>
      fillSelect(
        "device",
        devices.map(({ id, label }) => ({ value: id, label })),
        byId("device", HTMLSelectElement).value,
      ),
  );
}

/** What goes on with time: call it every second or so. */
export function showTime({ session, connection }: SpeakerPageState): void {
  const now = Date.now();
  if (session) byId("elapsed").textContent = clockWords(now - Date.parse(session.createdAt));
  const backlog = connection.name === "waitingToRetry" ? ". What you say is kept, and sent then." : "";
  byId("connection").textContent = connectionWords(connection, now) + backlog;
}

function showStep(step: SpeakerPageState["step"]): void {
  showOnly(SECTIONS, SECTION_OF[step]);
  byId("title").textContent = TITLES[step];
  if (step === "signIn") byId("username").focus();
}

function showUser(name: string | undefined): void {
  byId("account").hidden = name === undefined;
  byId("account-name").textContent = name ?? "";
}

function showBusy(busy: boolean): void {
  for (const id of ["create", "continue", "end-remembered", "leave-remembered"])
    byId(id, HTMLButtonElement).disabled = busy;
  byId("create").textContent = busy ? "Creating…" : "Create Session";
  byId("cancel").hidden = byId("cancel-continue").hidden = !busy;
}

function showRemembered(sessionId: string | undefined): void {
  byId("continue").textContent = `Continue session ${sessionId ?? ""}`;
}

/** The browser asks before it leaves: a speaker who goes by mistake leaves the listeners in silence. */
function warnBeforeLeaving(onAir: boolean): void {
  if (onAir) window.addEventListener("beforeunload", askFirst);
  else window.removeEventListener("beforeunload", askFirst);
}

function askFirst(event: Event): void {
  event.preventDefault();
}

function showSessionId(sessionId: string | undefined): void {
  byId("session-id").textContent = sessionId ?? "";
  byId("copied").textContent = "";
  if (sessionId === undefined) return;
  const link = joinLink(sessionId, location.href);
  const anchor = byId("join-link", HTMLAnchorElement);
  anchor.href = link;
  // Without the scheme, and with one good place to break the line.
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

function speakersEndWords(reason: EndReason | undefined): string {
  return reason === "ended" ? "You ended it." : endWords(reason);
}

function showMuted(muted: boolean): void {
  byId("mute").setAttribute("aria-pressed", String(muted));
  byId("mute").textContent = muted ? "Muted" : "Mute";
}
