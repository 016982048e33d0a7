import type { InputDevice } from "../../audio/microphone.ts";
import type { User } from "../../auth/cognito.ts";
import type { ConnectionState, SpeakerState } from "../../client/index.ts";
import { Store } from "../store.ts";
import type { RememberedSession } from "./remembered.ts";

export interface SpeakerPageState {
  readonly step: "loading" | "signIn" | "resume" | "setup" | "broadcast" | "ended";
  readonly user: User | undefined;
  /** The session that can be continued. */
  readonly remembered: RememberedSession | undefined;
  /** Whether a session is being made, taken up or ended. */
  readonly busy: boolean;
  readonly session: SpeakerState | undefined;
  readonly connection: ConnectionState;
  readonly recording: boolean;
  readonly muted: boolean;
  readonly devices: readonly InputDevice[];
  readonly alert: string | undefined;
}

export function newState(): Store<SpeakerPageState> {
  return new Store<SpeakerPageState>({
    step: "loading",
    user: undefined,
    remembered: undefined,
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

/** The one line that tells the speaker whether they are heard. */
export function statusLine({ session, connection, recording, muted }: SpeakerPageState): [string, PillTone] {
  if (session?.status === "ended") return ["Ended", "off"];
  if (connection.name !== "open" && connection.name !== "handingOver") return ["Reconnecting", "wait"];
  if (session?.status === "paused") return ["Paused", "wait"];
  if (!recording) return ["Broadcasting, without a microphone", "wait"];
  return muted ? ["Broadcasting, muted", "wait"] : ["Broadcasting", "live"];
}
