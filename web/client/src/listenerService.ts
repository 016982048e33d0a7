import type { Language, ServerMessage, SessionJoined, SessionMessage } from "./protocol.generated.ts";
import { backoffDelay } from "./backoff.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { isOver, SessionError } from "./errors.ts";
import { mergeState } from "./mergeState.ts";
import type { Socket, RequestOf } from "./socket.ts";
import { notJoined, type ListenerState } from "./listenerState.ts";
import { Emitter, Observable } from "./observable.ts";
import { ReorderBuffer } from "./reorderBuffer.ts";
import { GapProbe } from "./gapProbe.ts";

export interface ListenerOptions extends Omit<ConnectionOptions, "attach"> {
  readonly sessionId: string;
  readonly targetLanguage: Language;
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
  readonly #gapProbe: GapProbe;
  #gapTimer: ReturnType<typeof setTimeout> | undefined;
  #recovering = false;
  #ending = false;

  constructor(options: ListenerOptions) {
    this.state = new Observable(notJoined(options.sessionId, options.targetLanguage));
    this.connection = new Connection({
      ...options,
      attach: (socket, signal) => this.#attach(socket, signal),
    });
    this.#gapProbe = new GapProbe(this.connection.timings.silence, () => this.#afterSilence());
    this.connection.messages.on((message) => this.#onMessage(message));
    this.connection.state.subscribe((state) => {
      if (state.name !== "closed") return;
      clearTimeout(this.#gapTimer);
      this.#gapProbe.stop();
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

  async #attach(socket: Socket, signal: AbortSignal): Promise<void> {
    const ask: Ask = async (message) => socket.request<"joinSession">(message, signal);
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

  /** In a full session the new socket gets the old one's place; what is said in between is replayed. */
  async #takeOwnPlace(ask: Ask): Promise<void> {
    await this.connection.request<"leaveSession">({ action: "leaveSession" });
    try {
      await this.#recover(ask);
    } catch (error) {
      // The old socket hears nothing any more: it must not be gone back to.
      const message = error instanceof Error ? error.message : String(error);
      throw new SessionError("CONNECTION_LOST", message, { retryable: true });
    }
  }

  /** Joins, with the position where there is one, page by page until nothing more is to be replayed. */
  async #recover(ask: Ask): Promise<void> {
    const { sessionId, targetLanguage } = this.state.value;
    let reply: SessionJoined;
    do {
      const from = this.#buffer.position.value;
      reply = await ask({ action: "joinSession", sessionId, targetLanguage, ...from });
      if (reply.reset) this.resets.emit();
      if (reply.reset || !from) this.#buffer.jump({ epoch: reply.epoch, offset: reply.offset });
      else this.#buffer.confirm(reply.offset);
      this.#update({ sourceLanguage: reply.sourceLanguage, ...mergeState(this.state.value, reply) });
      if (reply.more && from) await this.#arrived(from.offset + reply.replayed);
    } while (reply.more);
    this.#gapProbe.watch();
    if (reply.status === "ended") this.#end(reply.offset, reply.endReason);
    else this.#watchGap();
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
    try {
      await this.#recover(async (message) => this.connection.request<"joinSession">(message));
    } catch (error) {
      // Any other needs no care: it is asked again, and the connection tells its own troubles.
      if (isOver(error)) this.connection.close(error as SessionError);
    }
    this.#recovering = false;
    if (this.connection.state.value.name !== "closed") this.#watchGap(attempt + 1);
  }

  #afterSilence(): void {
    const { name } = this.connection.state.value;
    if (name === "closed") return;
    this.#gapProbe.watch();
    if (name === "open" && !this.#recovering) void this.#fillGap(0);
  }

  /** Closes once everything up to the end is there, or cannot be had in time. */
  #end(offset: number, endReason = this.state.value.endReason): void {
    this.#update({ status: "ended", endReason });
    this.#buffer.confirm(offset);
    this.#watchGap();
    if (this.#ending) return;
    this.#ending = true;
    const late = AbortSignal.timeout(this.connection.timings.ending);
    void this.#buffer.position
      .until((now) => now !== undefined && now.offset >= offset, late)
      .catch(() => undefined)
      .then(() => this.connection.close());
  }

  #onMessage(message: ServerMessage): void {
    if (!("sessionId" in message) || message.sessionId !== this.state.value.sessionId) return;
    this.#gapProbe.heard();
    if (message.type === "message") {
      this.#buffer.accept(message);
      this.#watchGap();
    } else if (message.type === "sessionUpdated") {
      this.#update(mergeState(this.state.value, message));
    } else if (message.type === "sessionEnded") {
      this.#end(message.offset, message.reason);
    }
  }

  #update(change: Partial<ListenerState>): void {
    this.state.set({ ...this.state.value, ...change });
  }
}
