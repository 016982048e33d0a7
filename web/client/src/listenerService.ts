import { backoffDelay } from "./backoff.ts";
import type { Channel, ChannelAdapter, SendJoin } from "./channel.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { hasCode, meansSessionEnded, SessionError, toSessionError } from "./errors.ts";
import { GapProbe } from "./gapProbe.ts";
import type { ListenerState } from "./listenerState.ts";
import { mergeState } from "./mergeState.ts";
import { Emitter, Observable } from "./observable.ts";
import type { Language, ServerMessage, SessionJoined, SessionMessage } from "./protocol.generated.ts";
import { ReorderBuffer } from "./reorderBuffer.ts";
import type { Socket } from "./socket.ts";
import { startConnection, type StartOptions } from "./startConnection.ts";
import { after, withLimit } from "./waiting.ts";

export interface ListenerOptions extends Omit<ConnectionOptions, "attach"> {
  readonly sessionId: string;
  readonly targetLanguage: Language;
  /** `appSyncEvents()` receives the messages of a large audience on the channel that the server offers. */
  readonly channel?: ChannelAdapter | undefined;
}

/** A message with content. A message for other languages only moves the position. */
export type ContentMessage = Extract<SessionMessage, { data: string }>;

/** Options of a change; a default of `timings.requestTimeoutMs` limits it. */
export type LanguageOptions = Pick<StartOptions, "signal" | "timeoutMs">;

/** The language that the latest reply served, or one that the server has just refused. */
interface LanguageAnswer {
  readonly language?: Language;
  readonly error?: SessionError;
}

/** Messages that wait for the first listener of `messages`. */
const MAX_UNHEARD_MESSAGES = 1000;

/** A listener's side of a session: each message once and in order, recovered after disconnects and gaps. */
export class ListenerService {
  declare readonly connection: Connection;
  declare readonly state: Observable<ListenerState>;
  /** The session's messages. Those that arrive before the first listener are held for it. */
  readonly messages = new Emitter<ContentMessage>(MAX_UNHEARD_MESSAGES);
  /** Emits when messages are lost because the server no longer keeps them. */
  readonly resets = new Emitter<void>(1);
  readonly #buffer = new ReorderBuffer((message) => {
    if (message.skipped === undefined) this.messages.emit(message);
  });
  readonly #gapProbe: GapProbe;
  readonly #answer = new Observable<LanguageAnswer>({});
  readonly #channel: Channel | undefined;
  /** Cancels the recovery that is planned; undefined if none is planned or under way. */
  #cancelRecovery: (() => void) | undefined;
  /** Settles when no recovery is under way: overlapping ones might be answered in another order. */
  #recovery: Promise<unknown> = Promise.resolve();
  #isEnding = false;

  constructor(options: ListenerOptions) {
    const { sessionId, targetLanguage } = options;
    this.state = new Observable<ListenerState>({
      sessionId,
      targetLanguage,
      version: -1,
      endReason: undefined,
    });
    this.connection = new Connection({
      ...options,
      attach: async (socket, signal) => this.#attach(socket, signal),
    });
    this.#channel = options.channel?.(this.connection, () => this.#recoverSoon(0));
    this.#gapProbe = new GapProbe(this.connection.timings.gapProbe, () => this.#probe());
    this.connection.messages.on((message) => this.#onMessage(message));
    this.connection.state.subscribe((state) => {
      if (state.name !== "closed") return;
      this.#cancelRecovery?.();
      this.#gapProbe.stop();
      if (meansSessionEnded(state.error)) this.#update({ status: "ended" });
    });
  }

  /**
   * Connects and joins. It may be called again after the listener has left or could not join.
   *
   * @throws SessionError: a refusal, or TIMEOUT with the last failure as its `cause`; or the signal's reason.
   */
  async join(options: StartOptions = {}): Promise<void> {
    const { connection } = this;
    await startConnection(connection, options, "Joining", async (signal) =>
      connection.state.until(({ name }) => name === "open", signal),
    );
  }

  /**
   * Changes the language of the messages. If calls overlap, the last one decides. After a refusal or a
   * time limit the language stays as it was.
   *
   * @throws SessionError: the refusal, or TIMEOUT; or the signal's reason.
   */
  async setLanguage(wanted: Language, { signal, timeoutMs }: LanguageOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    this.#update({ targetLanguage: wanted });
    const { state, timings, closed } = this.connection;
    if (state.value.name === "idle" || closed.aborted) return;
    this.#recoverSoon(0);
    try {
      const { language, error } = await withLimit(
        timeoutMs ?? timings.requestTimeoutMs,
        "The change",
        [signal, closed],
        async (limited) =>
          this.#answer.until(
            (answer) => answer.language === wanted || this.state.value.targetLanguage !== wanted,
            limited,
          ),
      );
      if (error && language === wanted) throw error;
    } catch (error) {
      this.#revertLanguage(wanted);
      throw error;
    }
  }

  /** Leaves the session and closes the connection. If the server cannot be reached, it counts the listener out later. */
  async leave(): Promise<void> {
    const { connection } = this;
    await withLimit(connection.timings.drainTimeoutMs, "Leaving", [], async (signal) =>
      connection.requestOnce<"leaveSession">({ action: "leaveSession" }, signal),
    ).catch(() => undefined);
    connection.close();
    this.#buffer.reset();
    this.#answer.set({});
    this.#isEnding = false;
  }

  async #attach(socket: Socket, signal: AbortSignal): Promise<undefined> {
    const { state } = this.connection;
    const join = async (): Promise<void> =>
      this.#join(async (message) => socket.request<"joinSession">(message, signal));
    await this.#exclusively(async () => {
      try {
        await join();
      } catch (cause) {
        // A listener that was in the session waits for a place; a new one learns that the session is full.
        if (!hasCode(cause, "SESSION_FULL") || !this.#buffer.position.value) throw cause;
        if (state.value.name !== "handingOver")
          throw new SessionError(cause.code, cause.message, { retryable: true, cause });
        // The new connection takes the old one's place; messages between the two are replayed.
        await this.connection.requestOnce<"leaveSession">({ action: "leaveSession" });
        await join().catch((error: unknown) => {
          // The old connection has left the session and must not be used again.
          throw new SessionError("CONNECTION_LOST", toSessionError(error).message, { cause: error });
        });
      }
    });
    this.#recoverSoon();
  }

  /** Joins, with the position if there is one, until nothing is left to replay and the wanted language is served. */
  async #join(send: SendJoin): Promise<void> {
    for (;;) {
      const { sessionId, targetLanguage } = this.state.value;
      const from = this.#buffer.position.value;
      let reply: SessionJoined;
      try {
        const message = { action: "joinSession", sessionId, targetLanguage, ...from } as const;
        reply = await (this.#channel?.join(message, send) ?? send(message));
      } catch (error) {
        const served = this.#answer.value;
        const isRefusal = hasCode(error, "UNSUPPORTED_LANGUAGE", "INVALID_LANGUAGE");
        if (!isRefusal || !served.language || served.language === targetLanguage) throw error;
        this.#revertLanguage(targetLanguage);
        this.#answer.set({ language: targetLanguage, error });
        this.#answer.set(served);
        continue;
      }
      this.#apply(reply, from !== undefined);
      // Replayed messages are pushes and may arrive a little after the reply.
      if (reply.more && from)
        await this.#reached(from.offset + reply.replayed, this.connection.timings.gapDelayMs);
      if (reply.more) continue;
      if (reply.status === "ended") {
        this.#end(reply.offset, reply.endReason);
        return;
      }
      if (this.state.value.targetLanguage === targetLanguage) break;
    }
    this.#gapProbe.start();
  }

  #apply(reply: SessionJoined, hadPosition: boolean): void {
    if (reply.reset) this.resets.emit();
    if (reply.reset || !hadPosition) this.#buffer.jump({ epoch: reply.epoch, offset: reply.offset });
    this.#buffer.confirm(reply.offset);
    this.#update({ sourceLanguage: reply.sourceLanguage, ...mergeState(this.state.value, reply) });
    this.#answer.set({ language: reply.targetLanguage });
  }

  /** Waits until every message up to this offset has arrived, or for the time limit. */
  async #reached(offset: number, timeoutMs: number): Promise<void> {
    const limit = AbortSignal.timeout(timeoutMs);
    await this.#buffer.position.until((now) => (now?.offset ?? -1) >= offset, limit).catch(() => undefined);
  }

  /** Wants the served language again, unless a later call wants another one. */
  #revertLanguage(language: Language): void {
    if (this.state.value.targetLanguage === language)
      this.#update({ targetLanguage: this.#answer.value.language ?? language });
  }

  get #needsRecovery(): boolean {
    return (
      this.#buffer.hasGap ||
      this.#answer.value.language !== this.state.value.targetLanguage ||
      !!this.#channel?.isJoinDue
    );
  }

  /** Joins again on the open connection if messages are missing or another language is wanted, with growing waits. */
  #recoverSoon(waitMs = this.connection.timings.gapDelayMs, attempt = 0): void {
    if (!this.#needsRecovery || (waitMs > 0 && this.#cancelRecovery)) return;
    this.#cancelRecovery?.();
    this.#cancelRecovery = after(waitMs, () => void this.#recover(attempt));
  }

  /** @param isProbe whether to join although nothing is known to be missing. */
  async #recover(attempt: number, isProbe = false): Promise<void> {
    const { connection } = this;
    const { gapDelayMs, backoff } = connection.timings;
    let waitMs = gapDelayMs + backoffDelay(attempt, backoff);
    await this.#exclusively(async () => {
      if (isProbe || this.#needsRecovery)
        await this.#join(async (message) => {
          const { socket } = connection;
          const reply = await connection.requestOnce<"joinSession">(message);
          if (socket === connection.socket) return reply;
          throw new SessionError("CONNECTION_LOST", "The connection was handed over.");
        });
    }).catch((error: unknown) => {
      // Other failures need no measure here: the recovery is repeated, and the connection reports its own.
      if (meansSessionEnded(error)) connection.close(error);
      waitMs = Math.max(waitMs, toSessionError(error).retryAfterMs ?? 0);
    });
    this.#cancelRecovery = undefined;
    if (!connection.closed.aborted) this.#recoverSoon(waitMs, attempt + 1);
  }

  #probe(): void {
    this.#gapProbe.start();
    if (this.connection.state.value.name === "open") void this.#recover(0, true);
  }

  /** Runs recoveries one after the other. */
  async #exclusively<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = this.#recovery.then(action);
    this.#recovery = result.catch(() => undefined);
    return result;
  }

  /** Closes once every message up to the end has arrived, or after the time limit. */
  #end(offset: number, endReason = this.state.value.endReason): void {
    this.#update({ status: "ended", endReason });
    this.#buffer.confirm(offset);
    this.#recoverSoon();
    if (this.#isEnding) return;
    this.#isEnding = true;
    const { connection } = this;
    void this.#reached(offset, connection.timings.endTimeoutMs).then(() => connection.close());
  }

  #onMessage(message: ServerMessage): void {
    if (!("sessionId" in message) || message.sessionId !== this.state.value.sessionId) return;
    this.#gapProbe.onReceived();
    if (message.type === "batch") message.messages.forEach((one) => this.#onMessage(one));
    else if (message.type === "message") {
      this.#buffer.accept(message);
      this.#recoverSoon();
    } else if (message.type === "sessionUpdated") {
      this.#update(mergeState(this.state.value, message));
    } else if (message.type === "sessionEnded") {
      this.#end(message.offset, message.reason);
    } else if (message.type === "sessionJoined") {
      // A late reply to a request that timed out: the server may serve its language now.
      this.#answer.set({ language: message.targetLanguage });
      this.#channel?.onLateReply();
      this.#recoverSoon(0);
    }
  }

  #update(change: Partial<ListenerState>): void {
    this.state.set({ ...this.state.value, ...change });
  }
}
