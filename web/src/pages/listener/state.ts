import type { PlayerState } from "../../audio/player.ts";
import type { ConnectionState, ListenerState } from "../../client/index.ts";
import { Store } from "../store.ts";

export interface ListenerPageState {
  readonly step: "loading" | "signIn" | "join" | "listening" | "ended";
  readonly joining: boolean;
  readonly session: ListenerState | undefined;
  readonly connection: ConnectionState;
  readonly player: PlayerState;
  readonly alert: string | undefined;
}

export function newState(): Store<ListenerPageState> {
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

export function statusLine({ session, connection }: ListenerPageState): [string, PillTone] {
  if (session?.status === "ended") return ["Ended", "off"];
  if (connection.name !== "open" && connection.name !== "handingOver") return ["Reconnecting", "wait"];
  return session?.status === "paused" ? ["Paused by the speaker", "wait"] : ["Live", "live"];
}

export function playbackLine({ session, player }: ListenerPageState): string {
  if (player === "blocked") return "Your browser waits for a click before it plays sound.";
  if (player === "playing") return "Playing";
  return session?.status === "active" ? "Waiting for sound…" : "";
}
