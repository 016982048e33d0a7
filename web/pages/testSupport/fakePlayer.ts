import { Observable } from "websocket-sessions";
import { INITIAL_PLAYER_STATE, type PlayerState } from "../src/audio/player.ts";
import type { SessionPlayer } from "../src/listener/listenerController.ts";

/** How long the fake plays without another chunk. */
const BUFFERED_MILLISECONDS = 300;

/** Stands in for the browser's audio element: it plays while chunks arrive. */
export class FakePlayer implements SessionPlayer {
  readonly state = new Observable<PlayerState>(INITIAL_PLAYER_STATE);
  volume = 1;
  /** How often playback skipped to the live position. */
  skips = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  add(): void {
    clearTimeout(this.#timer);
    this.#set("playing");
    this.#timer = setTimeout(() => this.#set("waiting"), BUFFERED_MILLISECONDS);
  }

  reportDamage(): void {
    this.state.set({ ...this.state.value, hasDamage: true });
  }

  pause(): void {
    this.#set("paused");
  }

  goLive(): void {
    this.skips++;
  }

  async playedOut(): Promise<void> {
    await this.state.until(({ name }) => name !== "playing");
  }

  close(): void {
    clearTimeout(this.#timer);
    this.state.set(INITIAL_PLAYER_STATE);
  }

  #set(name: PlayerState["name"]): void {
    if (this.state.value.name !== name) this.state.set({ ...this.state.value, name });
  }
}
