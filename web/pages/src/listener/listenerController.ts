import { fromBase64 } from "../audio/base64.ts";
import type { AudioPlayer } from "../audio/player.ts";
import type { ContentMessage, ListenerService } from "websocket-sessions";
import type { Store } from "../store.ts";
import { failureText } from "../uiText.ts";
import type { ListenerPageState } from "./state.ts";

/** Plays one session's messages and shows its state on the page. The player is closed with the session. */
export class ListenerController {
  readonly #listener: ListenerService;
  readonly #store: Store<ListenerPageState>;
  readonly #player: AudioPlayer;

  constructor(listener: ListenerService, store: Store<ListenerPageState>, player: AudioPlayer) {
    this.#listener = listener;
    this.#store = store;
    this.#player = player;
    player.state.subscribe((state) => store.patch({ player: state }));
    showMediaSession(listener.state.value.sessionId, player);
    listener.messages.on((message) => this.#play(message));
    listener.resets.on(() =>
      store.patch({ alert: "You were disconnected for a long time, so part of the session was missed." }),
    );
    listener.state.subscribe((session) => store.patch({ session }));
    listener.connection.state.subscribe((connection) => {
      store.patch({ connection });
      if (connection.name === "closed") void this.#end(connection.error);
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

  async leave(): Promise<void> {
    try {
      await this.#listener.leave();
    } finally {
      this.#player.close();
    }
  }

  async setLanguage(language: Parameters<ListenerService["setLanguage"]>[0]): Promise<void> {
    await this.#listener.setLanguage(language);
  }

  #play({ contentType, data }: ContentMessage): void {
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
function showMediaSession(sessionId: string, player: AudioPlayer): void {
  if (!("mediaSession" in navigator)) return;
  const { mediaSession } = navigator;
  mediaSession.metadata = new MediaMetadata({ title: sessionId, artist: "Live sessions" });
  mediaSession.setActionHandler("play", () => player.goLive());
  mediaSession.setActionHandler("pause", () => player.pause());
}
