import { fromBase64 } from "../audio/base64.ts";
import type { AudioPlayer } from "../audio/player.ts";
import { ListenerService, type ContentMessage, type ListenerOptions } from "websocket-sessions";
import { StallProbe } from "../stallProbe.ts";
import type { Store } from "../store.ts";
import { failureText } from "../uiText.ts";
import type { ListenerPageState } from "./state.ts";

const STALL_CHECK_MILLISECONDS = 250;

/** The parts of the player that a session uses. */
export type SessionPlayer = Pick<
  AudioPlayer,
  "state" | "volume" | "add" | "reportDamage" | "pause" | "goLive" | "playedOut" | "close"
>;

/**
 * Joins a session and plays it.
 *
 * @throws SessionError if the join fails, or the signal's reason.
 */
export async function joinAndPlay(
  options: ListenerOptions,
  store: Store<ListenerPageState>,
  player: SessionPlayer,
  signal: AbortSignal,
): Promise<ListenerController> {
  const listener = new ListenerService(options);
  await listener.join({
    signal,
    onState: (state, connection) =>
      store.patch({ connection: state, reconnect: () => connection.reconnect() }),
  });
  store.patch({ step: "listening" });
  return new ListenerController(listener, store, player);
}

/** Plays one session's messages and shows its state on the page. The player is closed with the session. */
export class ListenerController {
  readonly #listener: ListenerService;
  readonly #store: Store<ListenerPageState>;
  readonly #player: SessionPlayer;
  readonly #stallProbe: StallProbe;
  readonly #stallTimer: ReturnType<typeof setInterval>;
  /** Settles when the page shows the step after the session, once the connection is closed. */
  #ending = Promise.resolve();

  constructor(listener: ListenerService, store: Store<ListenerPageState>, player: SessionPlayer) {
    this.#listener = listener;
    this.#store = store;
    this.#player = player;
    this.#stallProbe = new StallProbe({ probe: () => listener.connection.socket?.probe(), spread: 2 });
    this.#stallTimer = setInterval(() => this.#checkConnection(), STALL_CHECK_MILLISECONDS);
    player.state.subscribe((state) => store.patch({ player: state }));
    showMediaSession(listener.state.value.sessionId, player);
    listener.messages.on((message) => this.#play(message));
    listener.resets.on(() =>
      store.patch({ alert: "You were disconnected for a long time. A part of the session is missing." }),
    );
    listener.state.subscribe((session) => store.patch({ session }));
    listener.connection.state.subscribe((connection) => {
      store.patch({ connection });
      if (connection.name !== "closed") return;
      clearInterval(this.#stallTimer);
      this.#ending = this.#end(connection.error);
    });
  }

  set volume(volume: number) {
    this.#player.volume = volume;
  }

  get serverTimeMs(): number {
    return this.#listener.connection.serverTimeMs;
  }

  goLive(): void {
    this.#player.goLive();
  }

  /** Leaves the session. Returns when the page shows the step after it, and plays out nothing. */
  async leave(): Promise<void> {
    try {
      await this.#listener.leave();
    } finally {
      this.#player.close();
    }
    await this.#ending;
  }

  async setLanguage(language: Parameters<ListenerService["setLanguage"]>[0]): Promise<void> {
    await this.#listener.setLanguage(language);
  }

  /** Finds a connection that delivers nothing, while the speaker should be heard. */
  #checkConnection(): void {
    const { connection, state } = this.#listener;
    const { status, graceEndsAt } = state.value;
    // A muted speaker's page sends silence.
    const isExpected = status === "active" && graceEndsAt === undefined;
    if (isExpected && connection.state.value.name === "open") this.#stallProbe.check();
    else this.#stallProbe.restart();
  }

  #play({ contentType, data }: ContentMessage): void {
    this.#stallProbe.onSound();
    if (!contentType.startsWith("audio/")) return;
    try {
      this.#player.add(fromBase64(data), contentType);
    } catch {
      this.#player.reportDamage(); // invalid base64
    }
  }

  async #end(error: unknown): Promise<void> {
    const ended = this.#listener.state.value.status === "ended";
    // The received audio is played out first, unless the person leaves.
    if (ended) await this.#player.playedOut();
    this.#player.close();
    this.#store.patch({ step: ended ? "ended" : "join" });
    if (error !== undefined && !ended) this.#store.patch({ alert: failureText(error) });
  }
}

/** Shows the session on the system's media controls, which pause and play. Not all browsers have them. */
function showMediaSession(sessionId: string, player: SessionPlayer): void {
  if (!("mediaSession" in navigator)) return;
  const { mediaSession } = navigator;
  mediaSession.metadata = new MediaMetadata({ title: sessionId, artist: "Live sessions" });
  mediaSession.setActionHandler("play", () => player.goLive());
  mediaSession.setActionHandler("pause", () => player.pause());
}
