import {
  SessionCreationOrchestrator,
  SessionError,
  type CreateOptions,
  type CreateSessionBody,
  type OrchestratorOptions,
  type SpeakerService,
} from "../../client/index.ts";
import type { Store } from "../store.ts";
import { failureWords } from "../words.ts";
import { Broadcast } from "./broadcast.ts";
import { farewell } from "./entrance.ts";
import { forget, remember } from "./remembered.ts";
import type { SpeakerPageState } from "./state.ts";

/** What a signed-in person does with sessions: makes one, or takes up, ends or leaves the one from before. */
export class Speaking {
  readonly #store: Store<SpeakerPageState>;
  readonly #orchestrator: SessionCreationOrchestrator;
  readonly #signInAgain: (error: unknown) => void;
  #work = new AbortController();
  #broadcast: Broadcast | undefined;

  constructor(
    store: Store<SpeakerPageState>,
    options: OrchestratorOptions,
    signInAgain: (error: unknown) => void,
  ) {
    this.#store = store;
    this.#orchestrator = new SessionCreationOrchestrator(options);
    this.#signInAgain = signInAgain;
    store.watch(
      ({ session }) => (session?.status === "ended" ? session.sessionId : undefined),
      (ended) => {
        if (ended === undefined) return;
        forget(ended);
        this.#broadcast = undefined;
        store.patch({ remembered: undefined });
      },
    );
  }

  /** The broadcast that runs on this page. */
  get broadcast(): Broadcast | undefined {
    return this.#broadcast;
  }

  async create(body: CreateSessionBody): Promise<void> {
    await this.#try(async (options) => {
      this.#goOnAir(await this.#orchestrator.createSession(body, options), false);
    });
  }

  /** Never unasked: nobody goes on air by a reload, and no tab takes the session from another one by itself. */
  async resume(): Promise<void> {
    const { remembered } = this.#store.value;
    if (!remembered) return;
    await this.#try(async (options) => {
      const speaker = await this.#orchestrator.resumeSession(remembered.sessionId, options);
      this.#goOnAir(speaker, remembered.muted);
    }, remembered.sessionId);
  }

  async endRemembered(): Promise<void> {
    const { remembered } = this.#store.value;
    if (!remembered) return;
    await this.#try(async (options) => {
      const speaker = await this.#orchestrator.resumeSession(remembered.sessionId, options);
      await speaker.end().finally(() => speaker.connection.close());
      this.leaveRemembered();
    }, remembered.sessionId);
  }

  /** The session ends by itself, unless it is spoken in elsewhere. */
  leaveRemembered(): void {
    const { remembered } = this.#store.value;
    if (remembered) forget(remembered.sessionId);
    this.#store.patch({ step: "setup", remembered: undefined, alert: undefined });
  }

  toggleMute(): void {
    this.#broadcast?.toggleMute();
    const { remembered, muted } = this.#store.value;
    if (!remembered) return;
    remember({ ...remembered, muted });
    this.#store.patch({ remembered: { ...remembered, muted } });
  }

  cancel(): void {
    this.#work.abort();
  }

  /** Ends the session that is spoken in; one that cannot be ended now ends by itself. */
  async stop(): Promise<void> {
    this.cancel();
    const broadcast = this.#broadcast;
    await broadcast?.end().catch(() => broadcast.leave());
  }

  /** @param sessionId what it is about, where that is a session from before. */
  async #try(action: (options: CreateOptions) => Promise<void>, sessionId?: string): Promise<void> {
    const { signal } = (this.#work = new AbortController());
    this.#store.patch({ busy: true, alert: undefined });
    try {
      await action({ signal, onState: (connection) => this.#store.patch({ connection }) });
    } catch (error) {
      const left = sessionId === undefined ? undefined : farewell(sessionId, error);
      if (left) this.#store.patch(left);
      else if (needsSignIn(error)) this.#signInAgain(error);
      else if (!signal.aborted) throw error;
    } finally {
      this.#store.patch({ busy: false });
    }
  }

  #goOnAir(speaker: SpeakerService, muted: boolean): void {
    const owner = this.#store.value.user?.id ?? "";
    const remembered = { sessionId: speaker.sessionId, owner, muted };
    remember(remembered);
    this.#store.patch({ step: "broadcast", session: speaker.state.value, remembered });
    const interrupted = (error: SessionError | undefined): void => this.#interrupted(error);
    this.#broadcast = new Broadcast(speaker, this.#store, { muted, interrupted });
  }

  /** The session goes on, elsewhere or for its grace, and can be taken up again. */
  #interrupted(error: SessionError | undefined): void {
    this.#broadcast = undefined;
    if (needsSignIn(error)) this.#signInAgain(error);
    else this.#store.patch({ step: "resume", alert: error && failureWords(error) });
  }
}

function needsSignIn(error: unknown): boolean {
  return error instanceof SessionError && (error.code === "UNAUTHORIZED" || error.code === "TOKEN_EXPIRED");
}
