import { toBase64 } from "../../audio/base64.ts";
import { AudioInput } from "../../audio/audioInput.ts";
import { AUDIO_TYPE } from "../../audio/chunks.ts";
import { listMicrophones } from "../../audio/microphone.ts";
import { canRecord } from "../../audio/recorder.ts";
import { SessionError, type SpeakerService } from "../../client/index.ts";
import { byId } from "../dom.ts";
import { keepPreferences, readPreferences } from "../preferences.ts";
import type { Store } from "../store.ts";
import { failureWords } from "../words.ts";
import type { SpeakerPageState } from "./state.ts";

const METER_MILLISECONDS = 100;

export interface BroadcastOptions {
  readonly muted: boolean;
  /** Called when the broadcast stops here although the session goes on. */
  readonly interrupted: (error: SessionError | undefined) => void;
}

/** One running broadcast: the session, the microphone that feeds it, and the page that shows both. */
export class Broadcast {
  readonly #speaker: SpeakerService;
  readonly #store: Store<SpeakerPageState>;
  readonly #input: AudioInput;
  readonly #interrupted: BroadcastOptions["interrupted"];
  readonly #meterTimer: ReturnType<typeof setInterval>;

  constructor(speaker: SpeakerService, store: Store<SpeakerPageState>, options: BroadcastOptions) {
    this.#speaker = speaker;
    this.#store = store;
    this.#interrupted = options.interrupted;
    this.#input = new AudioInput(speaker.state.value.quality, (chunk) => void this.#send(chunk));
    this.#input.muted = options.muted;
    store.patch({ muted: options.muted });
    this.#input.lost.on((error) => store.patch({ recording: false, alert: error.message }));
    this.#meterTimer = setInterval(() => {
      byId("level", HTMLMeterElement).value = this.#input.level;
    }, METER_MILLISECONDS);
    speaker.state.subscribe((session) => this.#follow(() => store.patch({ session })));
    speaker.connection.state.subscribe((connection) => {
      store.patch({ connection });
      if (connection.name === "closed") this.#close(connection.error);
    });
    void this.useMicrophone(readPreferences().deviceId);
  }

  /** Opens a microphone, or tells in words why not. The session goes on either way. */
  async useMicrophone(deviceId?: string): Promise<void> {
    if (!canRecord()) {
      this.#store.patch({
        alert: "This browser cannot record audio as WebM. Use a current Chrome, Edge, Firefox or Safari.",
      });
      return;
    }
    try {
      await this.#input.start(deviceId);
      this.#store.patch({ alert: undefined });
    } catch (error) {
      this.#store.patch({ alert: failureWords(error) });
    }
    if (this.#store.value.session?.status === "paused") await this.#input.pause();
    this.#store.patch({ recording: this.#input.isRecording, devices: await listMicrophones() });
    const used = this.#input.deviceId;
    if (used === undefined) return;
    byId("device", HTMLSelectElement).value = used;
    keepPreferences({ deviceId: used });
  }

  toggleMute(): void {
    this.#input.muted = !this.#input.muted;
    this.#store.patch({ muted: this.#input.muted });
  }

  async togglePause(): Promise<void> {
    if (this.#speaker.state.value.status === "paused") {
      await this.#speaker.resume();
      this.#input.resume();
    } else {
      await this.#input.pause();
      await this.#speaker.pause();
    }
    this.#store.patch({ recording: this.#input.isRecording });
  }

  async end(): Promise<void> {
    await this.#input.pause();
    await this.#speaker.end();
  }

  /** Stops here; the session waits for its speaker. */
  leave(): void {
    this.#speaker.connection.close();
  }

  async #send(chunk: Uint8Array): Promise<void> {
    try {
      await this.#speaker.publish({ data: toBase64(chunk), contentType: AUDIO_TYPE, encoding: "base64" });
    } catch (error) {
      // A closed connection tells its reason itself.
      if (this.#speaker.connection.state.value.name === "closed") return;
      if (error instanceof SessionError && error.code === "SESSION_ENDED") return;
      this.#store.patch({ alert: failureWords(error) });
    }
  }

  #follow(show: () => void): void {
    show();
    if (this.#speaker.state.value.status === "ended") this.#store.patch({ step: "ended" });
  }

  #close(error: SessionError | undefined): void {
    clearInterval(this.#meterTimer);
    void this.#input.close();
    this.#store.patch({ recording: false, muted: false });
    if (this.#speaker.state.value.status !== "ended") this.#interrupted(error);
  }
}
