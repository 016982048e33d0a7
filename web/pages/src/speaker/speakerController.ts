import {
  SessionCreationOrchestrator,
  SessionError,
  type StartOptions,
  type CreateSessionBody,
  type OrchestratorOptions,
  type SpeakerService,
} from "websocket-sessions";
import { AudioInput } from "../audio/audioInput.ts";
import type { Store } from "../store.ts";
import { failureText } from "../uiText.ts";
import { Broadcast, type BroadcastInput } from "./broadcast.ts";
import { GreenRoom, type TestedInput } from "./greenRoom.ts";
import { closedSessionNotice } from "./resumeFlow.ts";
import { removeStoredSession, storeSession } from "./storedSession.ts";
import type { SpeakerPageState } from "./state.ts";

/** The microphone as the page uses it. */
export type SpeakerInput = BroadcastInput & TestedInput & Pick<AudioInput, "lost" | "level">;

/** A signed-in user's actions: create a session, or resume, end or leave the stored one. */
export class SpeakerController {
  /** The microphone, in the green room and on air. */
  readonly input: SpeakerInput;
  readonly greenRoom: GreenRoom;
  readonly #store: Store<SpeakerPageState>;
  readonly #orchestrator: SessionCreationOrchestrator;
  readonly #onSignInNeeded: (error: unknown) => void;
  #abort = new AbortController();
  #broadcast: Broadcast | undefined;

  constructor(
    store: Store<SpeakerPageState>,
    options: OrchestratorOptions,
    onSignInNeeded: (error: unknown) => void,
    input: SpeakerInput = new AudioInput(),
  ) {
    this.input = input;
    this.#store = store;
    this.#orchestrator = new SessionCreationOrchestrator(options);
    this.#onSignInNeeded = onSignInNeeded;
    this.greenRoom = new GreenRoom(this.input, store);
    this.input.lost.on(({ message }) => store.patch({ microphone: { name: "failed", text: message } }));
    store.watch(
      ({ step }) => step === "setup",
      (isGreenRoom) => {
        if (isGreenRoom) void this.greenRoom.enter();
        else if (store.value.step !== "broadcast") void this.greenRoom.leave();
      },
    );
    store.watch(
      ({ session }) => (session?.status === "ended" ? session.sessionId : undefined),
      (sessionId) => {
        if (sessionId === undefined) return;
        removeStoredSession(sessionId);
        this.#broadcast = undefined;
        store.patch({ storedSession: undefined });
      },
    );
  }

  /** The broadcast on this page; undefined if none is running. */
  get broadcast(): Broadcast | undefined {
    return this.#broadcast;
  }

  /** Creates a session and broadcasts in it, if a microphone can be opened. */
  async create(body: CreateSessionBody): Promise<void> {
    if (!(await this.greenRoom.open())) return;
    await this.#try(async (options) => {
      this.#goOnAir(await this.#orchestrator.createSession(body, options), false);
    });
  }

  /**
   * Resumes the stored session. Only a click may call it: a reload must not go on air, and a tab must not
   * take the session over from another tab by itself.
   */
  async resume(): Promise<void> {
    const { storedSession } = this.#store.value;
    if (!storedSession) return;
    await this.#try(async (options) => {
      const speaker = await this.#orchestrator.resumeSession(storedSession.sessionId, options);
      this.#goOnAir(speaker, storedSession.muted);
    }, storedSession.sessionId);
  }

  async endStoredSession(): Promise<void> {
    const { storedSession } = this.#store.value;
    if (!storedSession) return;
    await this.#try(async (options) => {
      const speaker = await this.#orchestrator.resumeSession(storedSession.sessionId, options);
      await speaker.end().finally(() => speaker.connection.close());
      this.leaveStoredSession();
    }, storedSession.sessionId);
  }

  /** Leaves the stored session, which ends after its grace period unless it is resumed elsewhere. */
  leaveStoredSession(): void {
    const { storedSession } = this.#store.value;
    if (storedSession) removeStoredSession(storedSession.sessionId);
    this.#store.patch({ step: "setup", storedSession: undefined, alert: undefined });
  }

  toggleMute(): void {
    this.#broadcast?.toggleMute();
    const { storedSession, muted } = this.#store.value;
    if (!storedSession) return;
    storeSession({ ...storedSession, muted });
    this.#store.patch({ storedSession: { ...storedSession, muted } });
  }

  cancel(): void {
    this.#abort.abort();
  }

  /**
   * Ends the running session. If that fails, or takes longer than a request may, leaves it, and it ends after
   * its grace period: a person who signs out does not wait for the network.
   */
  async stop(): Promise<void> {
    this.cancel();
    await this.#broadcast?.endOrLeave();
  }

  /** @param sessionId the stored session that the action concerns, if any. */
  async #try(action: (options: StartOptions) => Promise<void>, sessionId?: string): Promise<void> {
    const { signal } = (this.#abort = new AbortController());
    this.#store.patch({ busySince: Date.now(), connection: { name: "idle" }, alert: undefined });
    try {
      await action({
        signal,
        onState: (state, connection) =>
          this.#store.patch({ connection: state, reconnect: () => connection.reconnect() }),
      });
    } catch (error) {
      const notice = sessionId === undefined ? undefined : closedSessionNotice(sessionId, error);
      if (notice) this.#store.patch(notice);
      else if (needsSignIn(error)) this.#onSignInNeeded(error);
      else if (!signal.aborted) throw error;
    } finally {
      this.#store.patch({ busySince: undefined });
    }
  }

  #goOnAir(speaker: SpeakerService, muted: boolean): void {
    const owner = this.#store.value.user?.id ?? "";
    const storedSession = { sessionId: speaker.sessionId, owner, muted };
    storeSession(storedSession);
    this.#store.patch({ step: "broadcast", session: speaker.state.value, storedSession });
    const onInterrupted = (error: SessionError | undefined): void => this.#onInterrupted(error);
    this.#broadcast = new Broadcast(speaker, this.#store, { input: this.input, muted, onInterrupted });
  }

  /** Handles a broadcast that stopped here. The session continues, elsewhere or in its grace period. */
  #onInterrupted(error: SessionError | undefined): void {
    this.#broadcast = undefined;
    if (needsSignIn(error)) this.#onSignInNeeded(error);
    else this.#store.patch({ step: "resume", alert: error && failureText(error) });
  }
}

function needsSignIn(error: unknown): boolean {
  return error instanceof SessionError && (error.code === "UNAUTHORIZED" || error.code === "TOKEN_EXPIRED");
}
