import { INITIAL_PLAYER_STATE, type PlayerState } from "../audio/player.ts";
import type { ConnectionState, ListenerState } from "websocket-sessions";
import { Store } from "../store.ts";

export interface ListenerPageState {
  readonly step: "loading" | "signIn" | "join" | "listening" | "ended";
  /** Epoch milliseconds at which the person asked to join; undefined unless a join is under way. */
  readonly joiningSince: number | undefined;
  readonly session: ListenerState | undefined;
  readonly connection: ConnectionState;
  /** Connects now instead of waiting for the next attempt; undefined before there is a connection. */
  readonly reconnect: (() => void) | undefined;
  readonly player: PlayerState;
  readonly alert: string | undefined;
}

export function createListenerStore(): Store<ListenerPageState> {
  return new Store<ListenerPageState>({
    step: "loading",
    joiningSince: undefined,
    session: undefined,
    connection: { name: "idle" },
    reconnect: undefined,
    player: INITIAL_PLAYER_STATE,
    alert: undefined,
  });
}

export type PillTone = "live" | "wait" | "off";

/** Returns the status line and its tone. It says "Live" only while the sound is, too. */
export function statusLine({ session, connection, player }: ListenerPageState): [string, PillTone] {
  if (session?.status === "ended") return ["Ended", "off"];
  if (connection.name !== "open" && connection.name !== "handingOver") return ["Reconnecting", "wait"];
  if (session?.status === "paused") return ["Paused by the speaker", "wait"];
  if (session?.graceEndsAt !== undefined) return ["The speaker is away", "wait"];
  if (session?.muted) return ["The speaker is muted", "wait"];
  if (player.name !== "playing") return ["No sound", "wait"];
  return player.lagSeconds > 0 ? [`${player.lagSeconds} s behind`, "wait"] : ["Live", "live"];
}

/** Returns the line about the audio; empty while there is nothing to say. */
export function playbackLine({ session, player }: ListenerPageState): string {
  if (player.name === "blocked") return "Your browser requires a click before it plays sound.";
  if (player.name === "paused") return "Paused on this device.";
  if (player.unplayableType !== undefined)
    return `This browser cannot play the speaker's audio (${player.unplayableType}). Use another browser.`;
  if (player.hasDamage) return "A part of the audio could not be played.";
  if (player.name === "playing") return "Playing";
  return session?.status === "active" && session.graceEndsAt === undefined && !session.muted
    ? "Waiting for sound…"
    : "";
}

/** Returns the words of the button that brings the listener to the live position; undefined if it is there. */
export function goLiveLabel({ player }: ListenerPageState): string | undefined {
  if (player.name === "blocked" || player.name === "paused") return "Play sound";
  return player.lagSeconds > 0 ? "Go live" : undefined;
}
