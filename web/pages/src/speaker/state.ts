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
  /** Whether a session is being created, resumed or ended. */
  readonly busy: boolean;
  readonly session: SpeakerState | undefined;
  readonly connection: ConnectionState;
  readonly recording: boolean;
  readonly muted: boolean;
  readonly devices: readonly InputDevice[];
  readonly alert: string | undefined;
}

export function createSpeakerStore(): Store<SpeakerPageState> {
  return new Store<SpeakerPageState>({
    step: "loading",
    user: undefined,
    storedSession: undefined,
    busy: false,
    session: undefined,
    connection: { name: "idle" },
    recording: false,
    muted: false,
    devices: [],
    alert: undefined,
  });
}

export type PillTone = "live" | "wait" | "off";

/** Returns the status line, which says whether the speaker is heard, and its tone. */
export function statusLine({ session, connection, recording, muted }: SpeakerPageState): [string, PillTone] {
  if (session?.status === "ended") return ["Ended", "off"];
  if (connection.name !== "open" && connection.name !== "handingOver") return ["Reconnecting", "wait"];
  if (session?.status === "paused") return ["Paused", "wait"];
  if (!recording) return ["Broadcasting, without a microphone", "wait"];
  return muted ? ["Broadcasting, muted", "wait"] : ["Broadcasting", "live"];
}
