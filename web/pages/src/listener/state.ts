import type { PlayerState } from "../audio/player.ts";
import type { ConnectionState, ListenerState } from "websocket-sessions";
import { Store } from "../store.ts";

export interface ListenerPageState {
  readonly step: "loading" | "signIn" | "join" | "listening" | "ended";
  readonly joining: boolean;
  readonly session: ListenerState | undefined;
  readonly connection: ConnectionState;
  readonly player: PlayerState;
  readonly alert: string | undefined;
}

export function createListenerStore(): Store<ListenerPageState> {
  return new Store<ListenerPageState>({
    step: "loading",
    joining: false,
    session: undefined,
    connection: { name: "idle" },
    player: "waiting",
    alert: undefined,
  });
}

export type PillTone = "live" | "wait" | "off";

/** Returns the status line and its tone. */
export function statusLine({ session, connection }: ListenerPageState): [string, PillTone] {
  if (session?.status === "ended") return ["Ended", "off"];
  if (connection.name !== "open" && connection.name !== "handingOver") return ["Reconnecting", "wait"];
  return session?.status === "paused" ? ["Paused by the speaker", "wait"] : ["Live", "live"];
}

/** Returns the line about the audio; empty while there is nothing to say. */
export function playbackLine({ session, player }: ListenerPageState): string {
  if (player === "blocked") return "Your browser requires a click before it plays sound.";
  if (player === "playing") return "Playing";
  return session?.status === "active" ? "Waiting for sound…" : "";
}
