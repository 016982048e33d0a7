import { fromBase64 } from "../audio/base64.ts";
import { AUDIO_TYPE } from "../audio/chunks.ts";
import { AudioPlayer } from "../audio/player.ts";
import type { ContentMessage, ListenerService } from "websocket-sessions";
import { byId } from "../dom.ts";
import type { Store } from "../store.ts";
import { failureText } from "../uiText.ts";
import type { ListenerPageState } from "./state.ts";

/** Plays one session's messages and shows its state on the page. */
export class ListenerController {
  readonly #listener: ListenerService;
  readonly #store: Store<ListenerPageState>;
  readonly #player: AudioPlayer;

  constructor(listener: ListenerService, store: Store<ListenerPageState>, volume: number) {
    this.#listener = listener;
    this.#store = store;
    this.#player = new AudioPlayer(byId("audio", HTMLAudioElement));
    this.volume = volume;
    this.#player.state.subscribe((player) => store.patch({ player }));
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

  unblock(): void {
    this.#player.unblock();
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
    if (contentType === AUDIO_TYPE) this.#player.add(fromBase64(data));
  }

  async #end(error: unknown): Promise<void> {
    const ended = this.#listener.state.value.status === "ended";
    // The received audio is played out first, unless the person leaves.
    if (ended) await this.#player.state.until((state) => state !== "playing");
    this.#player.close();
    this.#store.patch({ step: ended ? "ended" : "join", player: "waiting" });
    if (error !== undefined && !ended) this.#store.patch({ alert: failureText(error) });
  }
}
