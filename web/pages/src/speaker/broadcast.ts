import type { AudioInput } from "../audio/audioInput.ts";
import { AudioPublisher } from "../audio/audioPublisher.ts";
import { toBase64 } from "../audio/base64.ts";
import { SessionError, type SpeakerService } from "websocket-sessions";
import { readPreferences } from "../preferences.ts";
import type { Store } from "../store.ts";
import { failureText } from "../uiText.ts";
import { showDevices } from "./greenRoom.ts";
import { StallProbe } from "../stallProbe.ts";
import { publishWhileFresh } from "./publishWhileFresh.ts";
import { ScreenWakeLock } from "./screenWakeLock.ts";
import type { Command, SpeakerPageState } from "./state.ts";

const FLOW_MILLISECONDS = 100;

/** The parts of the microphone that a broadcast uses. */
export type BroadcastInput = Pick<
  AudioInput,
  "isRecording" | "muted" | "deviceId" | "open" | "record" | "pause" | "resume" | "close"
>;

export interface BroadcastOptions {
  /** The microphone; the broadcast opens it if it is not open, and closes it at the end. */
  readonly input: BroadcastInput;
  readonly muted: boolean;
  /** Called if the broadcast stops on this page while the session continues. */
  readonly onInterrupted: (error: SessionError | undefined) => void;
}

/** Publishes the microphone's audio in one session and shows both on the page. */
export class Broadcast {
  readonly #speaker: SpeakerService;
  readonly #store: Store<SpeakerPageState>;
  readonly #input: BroadcastInput;
  readonly #publisher: AudioPublisher;
  readonly #onInterrupted: BroadcastOptions["onInterrupted"];
  readonly #wakeLock = new ScreenWakeLock();
  readonly #stallProbe: StallProbe;
  #isInforming = false;
  readonly #flowTimer: ReturnType<typeof setInterval>;

  constructor(speaker: SpeakerService, store: Store<SpeakerPageState>, options: BroadcastOptions) {
    this.#speaker = speaker;
    this.#store = store;
    this.#onInterrupted = options.onInterrupted;
    this.#stallProbe = new StallProbe({ probe: () => speaker.connection.socket?.probe() });
    this.#publisher = new AudioPublisher({
      publish: async (chunk, contentType, expired) => {
        const content = { data: toBase64(chunk), contentType, encoding: "base64" } as const;
        await publishWhileFresh(speaker, content, expired);
        this.#stallProbe.restart();
        if (store.value.refusal !== undefined) store.patch({ refusal: undefined });
      },
      onRefused: (error) => this.#showRefusal(error),
    });
    this.#input = options.input;
    this.#input.muted = options.muted;
    this.#input.record({
      quality: speaker.state.value.quality,
      onPackets: (recording, packets) => this.#publisher.add(recording, packets),
    });
    store.patch({ muted: options.muted, command: undefined, refusal: undefined, muteFailure: undefined });
    this.#flowTimer = setInterval(() => {
      this.#showFlow();
      this.#checkConnection();
    }, FLOW_MILLISECONDS);
    speaker.state.subscribe((session) => this.#showState(() => store.patch({ session })));
    speaker.connection.state.subscribe((connection) => {
      store.patch({ connection });
      if (connection.name === "closed") this.#close(connection.error);
      else if (connection.name === "open") void this.#informMuted();
    });
    if (this.#input.isRecording) store.patch({ microphone: { name: "recording" } });
    else void this.useMicrophone(readPreferences().deviceId);
  }

  /** Opens a microphone, or shows why that failed. The session, and the microphone in use, continue either way. */
  async useMicrophone(deviceId?: string): Promise<void> {
    this.#store.patch({ microphone: { name: "opening" }, alert: undefined });
    try {
      if (this.#speaker.state.value.status === "paused") await this.#input.pause();
      await this.#input.open(deviceId);
      this.#publisher.restart();
      this.#store.patch({ microphone: { name: this.#input.isRecording ? "recording" : "off" } });
    } catch (error) {
      const text = failureText(error);
      if (this.#input.isRecording) this.#store.patch({ microphone: { name: "recording" }, alert: text });
      else this.#store.patch({ microphone: { name: "failed", text } });
    }
    await showDevices(this.#input, this.#store);
  }

  toggleMute(): void {
    this.#input.muted = !this.#input.muted;
    this.#store.patch({ muted: this.#input.muted });
    void this.#informMuted();
  }

  /** Pauses or resumes. If that fails, the broadcast continues as it was, and the failure is thrown. */
  async togglePause(): Promise<void> {
    if (this.#speaker.state.value.status === "paused")
      await this.#run("resuming", async () => {
        await this.#speaker.resume();
        this.#record();
      });
    else
      await this.#run("pausing", async () => {
        await this.#input.pause();
        try {
          await this.#drained();
          await this.#speaker.pause();
          this.#store.patch({ microphone: { name: "off" } });
        } catch (error) {
          this.#record();
          throw error;
        }
      });
  }

  /**
   * Ends the session for everyone: at once, or after the reconnection if the page is offline. If the server
   * refuses, the broadcast continues, and the refusal is thrown.
   */
  async end(): Promise<void> {
    await this.#run("ending", async () => {
      await this.#input.pause();
      try {
        await this.#endWhenConnected();
      } catch (error) {
        if (this.#speaker.state.value.status === "active") this.#record();
        throw error;
      }
    });
  }

  /**
   * Ends the session. If that fails, or takes longer than a request may, stops on this page: the session then
   * waits for its speaker until the grace period ends.
   */
  async endOrLeave(): Promise<void> {
    const { connection } = this.#speaker;
    const limit = setTimeout(() => connection.close(), connection.timings.requestTimeoutMs);
    await this.end().catch(() => connection.close());
    clearTimeout(limit);
  }

  async #endWhenConnected(): Promise<void> {
    const { state } = this.#speaker.connection;
    for (;;) {
      const { name } = await state.until(({ name }) => name === "open" || name === "closed");
      if (name === "closed") return;
      try {
        await this.#drained();
        await this.#speaker.end();
        return;
      } catch (error) {
        if (!(error instanceof SessionError) || !error.retryable) throw error;
      }
    }
  }

  /** Waits for the recorded audio to be published, but not longer than for a request. */
  async #drained(): Promise<void> {
    const limit = new Promise((resolve) =>
      setTimeout(resolve, this.#speaker.connection.timings.requestTimeoutMs),
    );
    await Promise.race([this.#publisher.idle(), limit]);
  }

  /** Runs a command, and shows that it is under way. */
  async #run(command: Command, action: () => Promise<void>): Promise<void> {
    this.#store.patch({ command, alert: undefined });
    try {
      await action();
    } finally {
      this.#store.patch({ command: undefined });
    }
  }

  /** Records again after a pause, if there is a microphone. */
  #record(): void {
    this.#publisher.restart();
    this.#input.resume();
    if (this.#input.isRecording) this.#store.patch({ microphone: { name: "recording" } });
  }

  /** Informs the listeners whether the speaker is muted, unless they know. A new connection tries again. */
  async #informMuted(): Promise<void> {
    // One request at a time: the one under way continues with what was pressed meanwhile.
    if (this.#isInforming) return;
    this.#isInforming = true;
    try {
      while ((this.#speaker.state.value.muted ?? false) !== this.#input.muted)
        await this.#speaker.setMuted(this.#input.muted);
      this.#store.patch({ muteFailure: undefined });
    } catch (error) {
      if (this.#speaker.connection.state.value.name !== "open") return;
      const words = this.#input.muted ? "muted" : "no longer muted";
      const muteFailure = `The listeners do not see that you are ${words}. ${failureText(error)}`;
      this.#store.patch({ muteFailure });
    } finally {
      this.#isInforming = false;
    }
  }

  #showFlow(): void {
    const { flow } = this.#publisher;
    const shown = this.#store.value.flow;
    if (
      flow.name !== shown.name ||
      flow.delaySeconds !== shown.delaySeconds ||
      flow.isDropping !== shown.isDropping
    )
      this.#store.patch({ flow });
  }

  /** Finds a connection that delivers nothing, while audio waits for its acknowledgement. */
  #checkConnection(): void {
    if (this.#publisher.isWaiting && this.#speaker.connection.state.value.name === "open")
      this.#stallProbe.check();
    else this.#stallProbe.restart();
  }

  #showRefusal(error: unknown): void {
    // A closed connection reports its reason itself.
    if (this.#speaker.connection.state.value.name === "closed") return;
    if (error instanceof SessionError && error.code === "SESSION_ENDED") return;
    this.#store.patch({ refusal: failureText(error) });
  }

  #showState(show: () => void): void {
    show();
    if (this.#speaker.state.value.status === "ended") this.#store.patch({ step: "ended" });
  }

  #close(error: SessionError | undefined): void {
    clearInterval(this.#flowTimer);
    void this.#input.close();
    this.#wakeLock.release();
    this.#publisher.restart();
    this.#store.patch({ microphone: { name: "off" }, muted: false });
    if (this.#speaker.state.value.status !== "ended") this.#onInterrupted(error);
  }
}
