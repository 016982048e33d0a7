import type {
  EndReason,
  Language,
  Quality,
  ServerMessage,
  SessionJoined,
  SessionMessage,
  Status,
} from "../protocol.generated.ts";
import { backoffDelay } from "./backoff.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { isOver, SessionError } from "./errors.ts";
import { latest } from "./latest.ts";
import type { Link, RequestOf } from "./link.ts";
import { Emitter, Observable } from "./observable.ts";
import { ReorderBuffer } from "./reorderBuffer.ts";

export interface ListenerOptions extends Omit<ConnectionOptions, "attach"> {
  readonly sessionId: string;
  readonly targetLanguage: Language;
}

export interface ListenerState {
  readonly sessionId: string;
  readonly targetLanguage: Language;
  /** Nothing until joined. `ended` without an `endReason`: it ended while the listener was away. */
  readonly status: Status | undefined;
  readonly sourceLanguage: Language | undefined;
  readonly quality: Quality | undefined;
  /** Counts the changes of the session's state; -1 before the join. */
  readonly version: number;
  readonly endReason: EndReason | undefined;
}

/** A message with content; those for other languages only move the position. */
export type HeardMessage = Extract<SessionMessage, { data: string }>;

type Ask = (message: RequestOf<"joinSession">) => Promise<SessionJoined>;

/** A listener's side of a session: every message once and in order, recovered after cuts and gaps. */
export class ListenerService {
  readonly connection: Connection;
  readonly state: Observable<ListenerState>;
  readonly messages = new Emitter<HeardMessage>();
  /** Tells that messages are lost for good, since the server no longer keeps them. */
  readonly resets = new Emitter<void>();
  readonly #buffer = new ReorderBuffer((message) => {
    if (message.skipped === undefined) this.messages.emit(message);
  });
  #gapTimer: ReturnType<typeof setTimeout> | undefined;
  #endTimer: ReturnType<typeof setTimeout> | undefined;
  #recovering = false;

  constructor(options: ListenerOptions) {
    const { sessionId, targetLanguage } = options;
    this.state = new Observable<ListenerState>({
      sessionId,
      targetLanguage,
      status: undefined,
      sourceLanguage: undefined,
      quality: undefined,
      version: -1,
      endReason: undefined,
    });
    this.connection = new Connection({ ...options, attach: (link, signal) => this.#attach(link, signal) });
    this.connection.messages.on((message) => this.#onMessage(message));
    this.connection.state.subscribe((state) => {
      if (state.name !== "closed") return;
      clearTimeout(this.#gapTimer);
      clearTimeout(this.#endTimer);
      if (isOver(state.error)) this.#update({ status: "ended" });
    });
  }

  /** Connects and joins. Rejects with the refusal, or with the signal's reason. */
  async join(signal?: AbortSignal): Promise<void> {
    this.connection.open();
    const state = await this.connection.state
      .until(({ name }) => name === "open" || name === "closed", signal)
      .catch((error: unknown) => {
        this.connection.close();
        throw error;
      });
    if (state.name === "closed")
      throw state.error ?? new SessionError("CLOSED", "The connection was closed.");
  }

  /** Listens in another language from now on; in the same as before where that is refused. */
  async setLanguage(targetLanguage: Language): Promise<void> {
    const before = this.state.value.targetLanguage;
    this.#update({ targetLanguage });
    if (this.connection.state.value.name === "idle") return;
    try {
      await this.#recover(async (message) => this.connection.request<"joinSession">(message));
    } catch (error) {
      // Every later join asks for the state's language, and would be refused as well.
      if (this.state.value.targetLanguage === targetLanguage) this.#update({ targetLanguage: before });
      throw error;
    }
  }

  async leave(): Promise<void> {
    try {
      if (this.connection.state.value.name === "open")
        await this.connection.request<"leaveSession">({ action: "leaveSession" });
    } finally {
      this.connection.close();
    }
  }

  async #attach(link: Link, signal: AbortSignal): Promise<void> {
    const ask: Ask = async (message) => link.request<"joinSession">(message, signal);
    try {
      await this.#recover(ask);
    } catch (error) {
      // Who was in already waits for a place; who comes new should know that there is none.
      if (!(error instanceof SessionError && error.code === "SESSION_FULL" && this.#buffer.position.value))
        throw error;
      if (this.connection.state.value.name === "handingOver") await this.#takeOwnPlace(ask);
      else throw new SessionError(error.code, error.message, { retryable: true });
    }
  }

  /** In a full session the new link gets the old one's place; what is said in between is replayed. */
  async #takeOwnPlace(ask: Ask): Promise<void> {
    await this.connection.request<"leaveSession">({ action: "leaveSession" });
    try {
      await this.#recover(ask);
    } catch (error) {
      // The old link hears nothing any more: it must not be gone back to.
      const message = error instanceof Error ? error.message : String(error);
      throw new SessionError("CONNECTION_LOST", message, { retryable: true });
    }
  }

  /** Joins, with the position where there is one, page by page until nothing more is to be replayed. */
  async #recover(ask: Ask): Promise<void> {
    const { sessionId, targetLanguage } = this.state.value;
    for (let more = true; more;) {
      const from = this.#buffer.position.value;
      const reply = await ask({ action: "joinSession", sessionId, targetLanguage, ...from });
      if (reply.reset) this.resets.emit();
      if (reply.reset || !from) this.#buffer.jump({ epoch: reply.epoch, offset: reply.offset });
      else this.#buffer.confirm(reply.offset);
      this.#update({ sourceLanguage: reply.sourceLanguage, ...latest(this.state.value, reply) });
      more = reply.more === true;
      if (more && from) await this.#arrived(from.offset + (reply.replayed ?? 0));
    }
    this.#watchGap();
  }

  /** Replayed messages are pushes, and may come a little after the reply. */
  async #arrived(offset: number): Promise<void> {
    const limit = AbortSignal.timeout(this.connection.timings.gap);
    await this.#buffer.position.until((now) => (now?.offset ?? 0) >= offset, limit).catch(() => undefined);
  }

  /** Asks for what is missing when a gap stays open, again and again with growing waits. */
  #watchGap(attempt = 0): void {
    if (!this.#buffer.hasGap || this.#gapTimer !== undefined || this.#recovering) return;
    const { gap, backoff } = this.connection.timings;
    const wait = gap + (attempt ? backoffDelay(attempt, backoff) : 0);
    this.#gapTimer = setTimeout(() => {
      this.#gapTimer = undefined;
      if (this.#buffer.hasGap) void this.#fillGap(attempt);
    }, wait);
  }

  async #fillGap(attempt: number): Promise<void> {
    this.#recovering = true;
    // A failure here needs no care: the gap is still open, and the connection tells its own troubles.
    await this.#recover(async (message) => this.connection.request<"joinSession">(message)).catch(
      () => undefined,
    );
    this.#recovering = false;
    if (this.connection.state.value.name !== "closed") this.#watchGap(attempt + 1);
  }

  #onMessage(message: ServerMessage): void {
    if (!("sessionId" in message) || message.sessionId !== this.state.value.sessionId) return;
    if (message.type === "message") {
      this.#buffer.accept(message);
      this.#watchGap();
    } else if (message.type === "sessionUpdated") {
      this.#update(latest(this.state.value, message));
    } else if (message.type === "sessionEnded") {
      this.#update({ status: "ended", endReason: message.reason });
      // The last messages may still be on their way.
      this.#endTimer = setTimeout(() => this.connection.close(), this.connection.timings.gap);
    }
  }

  #update(change: Partial<ListenerState>): void {
    this.state.set({ ...this.state.value, ...change });
  }
}
