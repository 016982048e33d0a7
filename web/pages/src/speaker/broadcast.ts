import { toBase64 } from "../audio/base64.ts";
import { AudioInput } from "../audio/audioInput.ts";
import { AUDIO_TYPE } from "../audio/chunks.ts";
import { listMicrophones } from "../audio/microphone.ts";
import { canRecord } from "../audio/recorder.ts";
import { SessionError, type SpeakerService } from "websocket-sessions";
import { byId } from "../dom.ts";
import { savePreferences, readPreferences } from "../preferences.ts";
import type { Store } from "../store.ts";
import { failureText } from "../uiText.ts";
import type { SpeakerPageState } from "./state.ts";

const METER_MILLISECONDS = 100;

export interface BroadcastOptions {
  readonly muted: boolean;
  /** Called if the broadcast stops on this page while the session continues. */
  readonly onInterrupted: (error: SessionError | undefined) => void;
}

/** Publishes the microphone's audio in one session and shows both on the page. */
export class Broadcast {
  readonly #speaker: SpeakerService;
  readonly #store: Store<SpeakerPageState>;
  readonly #input: AudioInput;
  readonly #onInterrupted: BroadcastOptions["onInterrupted"];
  readonly #meterTimer: ReturnType<typeof setInterval>;

  constructor(speaker: SpeakerService, store: Store<SpeakerPageState>, options: BroadcastOptions) {
    this.#speaker = speaker;
    this.#store = store;
    this.#onInterrupted = options.onInterrupted;
    this.#input = new AudioInput(speaker.state.value.quality, (chunk) => void this.#send(chunk));
    this.#input.muted = options.muted;
    store.patch({ muted: options.muted });
    this.#input.lost.on((error) => store.patch({ recording: false, alert: error.message }));
    this.#meterTimer = setInterval(() => {
      byId("level", HTMLMeterElement).value = this.#input.level;
    }, METER_MILLISECONDS);
    speaker.state.subscribe((session) => this.#showState(() => store.patch({ session })));
    speaker.connection.state.subscribe((connection) => {
      store.patch({ connection });
      if (connection.name === "closed") this.#close(connection.error);
    });
    void this.useMicrophone(readPreferences().deviceId);
  }

  /** Opens a microphone, or shows why that failed. The session continues either way. */
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
      this.#store.patch({ alert: failureText(error) });
    }
    if (this.#store.value.session?.status === "paused") await this.#input.pause();
    this.#store.patch({ recording: this.#input.isRecording, devices: await listMicrophones() });
    const deviceInUse = this.#input.deviceId;
    if (deviceInUse === undefined) return;
    byId("device", HTMLSelectElement).value = deviceInUse;
    savePreferences({ deviceId: deviceInUse });
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

  /** Stops on this page; the session waits for its speaker until the grace period ends. */
  leave(): void {
    this.#speaker.connection.close();
  }

  async #send(chunk: Uint8Array): Promise<void> {
    try {
      await this.#speaker.publish({ data: toBase64(chunk), contentType: AUDIO_TYPE, encoding: "base64" });
    } catch (error) {
      // A closed connection reports its reason itself.
      if (this.#speaker.connection.state.value.name === "closed") return;
      if (error instanceof SessionError && error.code === "SESSION_ENDED") return;
      this.#store.patch({ alert: failureText(error) });
    }
  }

  #showState(show: () => void): void {
    show();
    if (this.#speaker.state.value.status === "ended") this.#store.patch({ step: "ended" });
  }

  #close(error: SessionError | undefined): void {
    clearInterval(this.#meterTimer);
    void this.#input.close();
    this.#store.patch({ recording: false, muted: false });
    if (this.#speaker.state.value.status !== "ended") this.#onInterrupted(error);
  }
}
