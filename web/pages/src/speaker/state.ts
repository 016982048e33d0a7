import type { AudioFlow } from "../audio/audioPublisher.ts";
import type { InputDevice } from "../audio/microphone.ts";
import type { User } from "websocket-sessions/auth";
import type { ConnectionState, SpeakerState } from "websocket-sessions";
import { Store } from "../store.ts";
import type { StoredSession } from "./storedSession.ts";

export interface SpeakerPageState {
  readonly step: "loading" | "signIn" | "resume" | "setup" | "broadcast" | "ended";
  readonly user: User | undefined;
  /** The session that this user can resume. */
  readonly storedSession: StoredSession | undefined;
  /** Epoch milliseconds at which the person asked to create, resume or end a session; undefined otherwise. */
  readonly busySince: number | undefined;
  readonly session: SpeakerState | undefined;
  readonly connection: ConnectionState;
  /** Connects now instead of waiting for the next attempt; undefined before there is a connection. */
  readonly reconnect: (() => void) | undefined;
  /** Whether this browser can record audio that listeners can play. */
  readonly isSupported: boolean;
  /** The microphone that is tested or broadcast, or why there is none. */
  readonly microphone: Microphone;
  readonly flow: AudioFlow;
  /** The command that was given and has not succeeded or failed yet. */
  readonly command: Command | undefined;
  readonly muted: boolean;
  readonly devices: readonly InputDevice[];
  /** The id of the microphone in use. */
  readonly deviceId: string | undefined;
  /** Why the server refused the latest audio; undefined once it takes audio again. */
  readonly refusal: string | undefined;
  /** Why the listeners do not see whether the speaker is muted; undefined once they do. */
  readonly muteFailure: string | undefined;
  /** Why the last action failed; removed when the next one begins. */
  readonly alert: string | undefined;
}

export type Microphone =
  | { readonly name: "opening" }
  /** Open in the green room, not recorded. */
  | { readonly name: "ready" }
  | { readonly name: "recording" }
  /** Paused, or not opened yet. */
  | { readonly name: "off" }
  | { readonly name: "failed"; readonly text: string };

export type Command = "pausing" | "resuming" | "ending";

export function createSpeakerStore(): Store<SpeakerPageState> {
  return new Store<SpeakerPageState>({
    step: "loading",
    user: undefined,
    storedSession: undefined,
    busySince: undefined,
    session: undefined,
    connection: { name: "idle" },
    reconnect: undefined,
    isSupported: true,
    microphone: { name: "off" },
    flow: { name: "starting", delaySeconds: 0, isDropping: false },
    command: undefined,
    muted: false,
    devices: [],
    deviceId: undefined,
    refusal: undefined,
    muteFailure: undefined,
    alert: undefined,
  });
}

export type PillTone = "live" | "wait" | "off";

/** Delays that a listener hardly notices are not shown. */
const SHOWN_DELAY_SECONDS = 2;

/** Returns the status line and its tone. It says "Broadcasting" only while listeners can hear the speaker. */
export function statusLine(state: SpeakerPageState): [string, PillTone] {
  const { session, connection, command, microphone, flow, muted } = state;
  if (session?.status === "ended") return ["Ended", "off"];
  const isOnline = connection.name === "open" || connection.name === "handingOver";
  if (command === "ending") return [isOnline ? "Ending…" : "Ending after the reconnection", "wait"];
  if (!isOnline) return ["Reconnecting", "wait"];
  if (command === "pausing") return ["Pausing…", "wait"];
  if (command === "resuming") return ["Resuming…", "wait"];
  if (session?.status === "paused") return ["Paused", "wait"];
  if (microphone.name === "failed") return ["On air without a microphone", "wait"];
  if (microphone.name !== "recording" || flow.name === "starting") return ["Starting…", "wait"];
  if (flow.name === "stalled") return ["Your audio does not arrive", "wait"];
  if (muted) return ["Broadcasting, muted", "wait"];
  const { delaySeconds } = flow;
  return delaySeconds >= SHOWN_DELAY_SECONDS
    ? [`Broadcasting, ${delaySeconds} s late`, "wait"]
    : ["Broadcasting", "live"];
}

/** Returns the text of the alert: each cause shows its own, and takes it back when it has passed. */
export function alertText({ alert, isSupported, ...state }: SpeakerPageState): string | undefined {
  const { microphone, flow, step, refusal, muteFailure } = state;
  if (alert !== undefined) return alert;
  if (!isSupported && (step === "setup" || step === "resume"))
    return "This browser cannot record audio. Use a current Chrome, Edge, Firefox or Safari.";
  if (step !== "broadcast" && step !== "setup") return undefined;
  if (microphone.name === "failed") return microphone.text;
  if (refusal !== undefined) return refusal;
  if (muteFailure !== undefined) return muteFailure;
  return flow.isDropping
    ? "Some of your audio was not sent: the connection was lost or too slow."
    : undefined;
}

/** Returns what the green room shows: the question for the microphone, its test, or neither in an unsuitable browser. */
export function greenRoom({ isSupported, microphone }: SpeakerPageState): "ask" | "test" | "none" {
  if (!isSupported) return "none";
  return microphone.name === "ready" || microphone.name === "recording" ? "test" : "ask";
}
