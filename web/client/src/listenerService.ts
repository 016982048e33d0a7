import { backoffDelay } from "./backoff.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import type { ConnectionState } from "./connectionState.ts";
import { meansSessionEnded, SessionError, toSessionError } from "./errors.ts";
import { GapProbe } from "./gapProbe.ts";
import { initialListenerState, type ListenerState } from "./listenerState.ts";
import { mergeState } from "./mergeState.ts";
import { Emitter, Observable } from "./observable.ts";
import type { Language, ServerMessage, SessionJoined, SessionMessage } from "./protocol.generated.ts";
import { ReorderBuffer } from "./reorderBuffer.ts";
import type { RequestOf, Socket } from "./socket.ts";
import { withLimit } from "./waiting.ts";

export interface ListenerOptions extends Omit<ConnectionOptions, "attach"> {
  readonly sessionId: string;
  readonly targetLanguage: Language;
}

/** A message with content. A message for other languages only moves the position. */
export type ContentMessage = Extract<SessionMessage, { data: string }>;

export interface JoinOptions {
  readonly signal?: AbortSignal | undefined;
  /** Limit over all attempts; `timings.requestTimeoutMs` by default. */
  readonly timeoutMs?: number | undefined;
  /** Gets the connection and each of its states from the start of the join to its end. */
  readonly onState?: ((state: ConnectionState, connection: Connection) => void) | undefined;
}

type SendJoin = (message: RequestOf<"joinSession">) => Promise<SessionJoined>;

/** The server's answer to a wanted language: served, or refused with an error. */
interface LanguageAnswer {
  readonly language: Language;
  readonly error?: SessionError;
}

/** Messages that wait for the first listener of `messages`. */
const MAX_UNHEARD_MESSAGES = 1000;

/** A listener's side of a session: each message once and in order, recovered after disconnects and gaps. */
export class ListenerService {
  readonly connection: Connection;
  readonly state: Observable<ListenerState>;
  /** The session's messages. Those that arrive before the first listener are held for it. */
  readonly messages = new Emitter<ContentMessage>(MAX_UNHEARD_MESSAGES);
  /** Emits when messages are lost because the server no longer keeps them. */
  readonly resets = new Emitter<void>(1);
  readonly #buffer = new ReorderBuffer((message) => {
    if (message.skipped === undefined) this.messages.emit(message);
  });
  readonly #gapProbe: GapProbe;
  readonly #languageAnswers = new Emitter<LanguageAnswer>();
  /** The language that the latest reply served. */
  #servedLanguage: Language | undefined;
  #recoveryTimer: ReturnType<typeof setTimeout> | undefined;
  /** Settles when no recovery is under way: overlapping ones might be answered in another order. */
  #recovery: Promise<unknown> = Promise.resolve();
  #isRecovering = false;
  #isEnding = false;

  constructor(options: ListenerOptions) {
    this.state = new Observable(initialListenerState(options.sessionId, options.targetLanguage));
    this.connection = new Connection({
      ...options,
      attach: async (socket, signal) => this.#attach(socket, signal),
    });
    this.#gapProbe = new GapProbe(this.connection.timings.gapProbe, () => this.#probe());
    this.connection.messages.on((message) => this.#onMessage(message));
    this.connection.state.subscribe((state) => {
      if (state.name !== "closed") return;
      clearTimeout(this.#recoveryTimer);
      this.#recoveryTimer = undefined;
      this.#gapProbe.stop();
      if (meansSessionEnded(state.error)) this.#update({ status: "ended" });
    });
  }

  /**
   * Connects and joins. It may be called again after the listener has left or could not join.
   *
   * @throws SessionError: a refusal, or TIMEOUT with the last failure as its `cause`; or the signal's reason.
   */
  async join({ signal, timeoutMs, onState }: JoinOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const { connection } = this;
    let lastError: SessionError | undefined;
    connection.open();
    const unsubscribe = connection.state.subscribe((state) => {
      onState?.(state, connection);
      if (state.name === "waitingToRetry") lastError = state.error;
    });
    try {
      const state = await withLimit(
        async (limited) =>
          connection.state.until(({ name }) => name === "open" || name === "closed", limited),
        {
          timeoutMs: timeoutMs ?? connection.timings.requestTimeoutMs,
          message: "Timed out while joining the session.",
          signals: signal ? [signal] : [],
        },
      );
      if (state.name === "closed")
        throw state.error ?? new SessionError("CLOSED", "The connection was closed.");
    } catch (error) {
      connection.close();
      if (!(error instanceof SessionError && error.code === "TIMEOUT")) throw error;
      throw new SessionError("TIMEOUT", error.message, { cause: lastError });
    } finally {
      unsubscribe();
    }
  }

  /**
   * Changes the language of the messages. If calls overlap, the last one decides. After a refusal or a
   * time limit the language stays as it was.
   *
   * @throws SessionError: the refusal, or TIMEOUT; or the signal's reason.
   */
  async setLanguage(targetLanguage: Language, { signal, timeoutMs }: JoinOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    this.#update({ targetLanguage });
    const { name } = this.connection.state.value;
    if (name === "idle" || name === "closed") return;
    const { timings, state } = this.connection;
    const stop = new AbortController();
    const unsubscribe = state.subscribe((now) => {
      if (now.name === "closed")
        stop.abort(now.error ?? new SessionError("CLOSED", "The connection was closed."));
    });
    try {
      const answer = this.#languageAnswer(targetLanguage);
      this.#recoverSoon(0);
      await withLimit(async () => answer, {
        timeoutMs: timeoutMs ?? timings.requestTimeoutMs,
        message: "Timed out while changing the language.",
        signals: signal ? [signal, stop.signal] : [stop.signal],
      });
    } catch (error) {
      this.#revertLanguage(targetLanguage);
      throw error;
    } finally {
      unsubscribe();
    }
  }

  /** Leaves the session and closes the connection. If the server cannot be reached, it counts the listener out later. */
  async leave(): Promise<void> {
    const { timings } = this.connection;
    await withLimit(
      async (signal) =>
        this.connection.request<"leaveSession">({ action: "leaveSession" }, { retry: false, signal }),
      { timeoutMs: timings.drainTimeoutMs, message: "Leaving timed out." },
    ).catch(() => undefined);
    this.connection.close();
    this.#buffer.reset();
    this.#servedLanguage = undefined;
    this.#isEnding = false;
  }

  async #attach(socket: Socket, signal: AbortSignal): Promise<undefined> {
    const send: SendJoin = async (message) => socket.request<"joinSession">(message, signal);
    await this.#exclusively(async () => {
      try {
        await this.#join(send);
      } catch (error) {
        // A listener that was in the session waits for a place; a new one learns that the session is full.
        if (!(error instanceof SessionError && error.code === "SESSION_FULL" && this.#buffer.position.value))
          throw error;
        if (this.connection.state.value.name === "handingOver") await this.#takeOwnPlace(send);
        else throw new SessionError(error.code, error.message, { retryable: true, cause: error });
      }
    });
    this.#recoverSoon(this.connection.timings.gapDelayMs);
  }

  /** In a full session the new connection takes the old one's place; messages between the two are replayed. */
  async #takeOwnPlace(send: SendJoin): Promise<void> {
    await this.connection.request<"leaveSession">({ action: "leaveSession" }, { retry: false });
    try {
      await this.#join(send);
    } catch (error) {
      // The old connection has left the session and must not be used again.
      throw new SessionError("CONNECTION_LOST", toSessionError(error).message, { cause: error });
    }
  }

  /** Joins, with the position if there is one, until nothing is left to replay and the wanted language is served. */
  async #join(send: SendJoin): Promise<void> {
    for (;;) {
      const { sessionId, targetLanguage } = this.state.value;
      const from = this.#buffer.position.value;
      let reply: SessionJoined;
      try {
        reply = await send({ action: "joinSession", sessionId, targetLanguage, ...from });
      } catch (error) {
        if (!this.#isLanguageRefusal(error, targetLanguage)) throw error;
        this.#revertLanguage(targetLanguage);
        this.#languageAnswers.emit({ language: targetLanguage, error });
        continue;
      }
      this.#apply(reply, from !== undefined);
      if (reply.more && from) await this.#replayed(from.offset + reply.replayed);
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
    this.#servedLanguage = reply.targetLanguage;
    this.#update({ sourceLanguage: reply.sourceLanguage, ...mergeState(this.state.value, reply) });
    this.#languageAnswers.emit({ language: reply.targetLanguage });
  }

  /** Waits for replayed messages, which are pushes and may arrive a little after the reply. */
  async #replayed(offset: number): Promise<void> {
    const limit = AbortSignal.timeout(this.connection.timings.gapDelayMs);
    await this.#buffer.position.until((now) => (now?.offset ?? 0) >= offset, limit).catch(() => undefined);
  }

  /** Whether the server refused the wanted language while it serves another one. */
  #isLanguageRefusal(error: unknown, language: Language): error is SessionError {
    return (
      error instanceof SessionError &&
      (error.code === "UNSUPPORTED_LANGUAGE" || error.code === "INVALID_LANGUAGE") &&
      this.#servedLanguage !== undefined &&
      this.#servedLanguage !== language
    );
  }

  /** Wants the served language again, unless a later call wants another one. */
  #revertLanguage(language: Language): void {
    if (this.state.value.targetLanguage === language)
      this.#update({ targetLanguage: this.#servedLanguage ?? language });
  }

  /** Resolves when the language is served or no longer wanted; rejects when it is refused. */
  async #languageAnswer(wanted: Language): Promise<void> {
    if (this.#servedLanguage === wanted && !this.#needsRecovery) return;
    await new Promise<void>((resolve, reject) => {
      const unsubscribe = this.#languageAnswers.on(({ language, error }) => {
        if (language !== wanted && this.state.value.targetLanguage === wanted) return;
        unsubscribe();
        if (language === wanted && error) reject(error);
        else resolve();
      });
    });
  }

  get #needsRecovery(): boolean {
    return this.#buffer.hasGap || this.#servedLanguage !== this.state.value.targetLanguage;
  }

  /** Joins again on the open connection if messages are missing or another language is wanted, with growing waits. */
  #recoverSoon(waitMs: number, attempt = 0): void {
    if (!this.#needsRecovery) return;
    if (waitMs > 0 && (this.#isRecovering || this.#recoveryTimer !== undefined)) return;
    clearTimeout(this.#recoveryTimer);
    this.#recoveryTimer = setTimeout(() => {
      this.#recoveryTimer = undefined;
      void this.#recover(attempt, () => this.#needsRecovery);
    }, waitMs);
  }

  async #recover(attempt: number, isNeeded: () => boolean): Promise<void> {
    let waitMs = this.connection.timings.gapDelayMs + backoffDelay(attempt, this.connection.timings.backoff);
    await this.#exclusively(async () => {
      if (isNeeded())
        await this.#join(async (message) =>
          this.connection.request<"joinSession">(message, { retry: false }),
        );
    }).catch((error: unknown) => {
      // Other failures need no measure here: the recovery is repeated, and the connection reports its own.
      if (meansSessionEnded(error)) this.connection.close(error as SessionError);
      waitMs = Math.max(waitMs, toSessionError(error).retryAfterMs ?? 0);
    });
    if (this.connection.state.value.name !== "closed") this.#recoverSoon(waitMs, attempt + 1);
  }

  #probe(): void {
    this.#gapProbe.start();
    if (this.connection.state.value.name === "open") void this.#recover(0, () => true);
  }

  /** Runs recoveries one after the other. */
  async #exclusively<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = this.#recovery.then(async () => {
      this.#isRecovering = true;
      return action();
    });
    this.#recovery = result.catch(() => undefined);
    return result.finally(() => (this.#isRecovering = false));
  }

  /** Closes once every message up to the end has arrived, or after the time limit. */
  #end(offset: number, endReason = this.state.value.endReason): void {
    this.#update({ status: "ended", endReason });
    this.#buffer.confirm(offset);
    this.#recoverSoon(this.connection.timings.gapDelayMs);
    if (this.#isEnding) return;
    this.#isEnding = true;
    const limit = AbortSignal.timeout(this.connection.timings.endTimeoutMs);
    void this.#buffer.position
      .until((now) => now !== undefined && now.offset >= offset, limit)
      .catch(() => undefined)
      .then(() => this.connection.close());
  }

  #onMessage(message: ServerMessage): void {
    if (!("sessionId" in message) || message.sessionId !== this.state.value.sessionId) return;
    this.#gapProbe.onReceived();
    if (message.type === "message") {
      this.#buffer.accept(message);
      this.#recoverSoon(this.connection.timings.gapDelayMs);
    } else if (message.type === "sessionUpdated") {
      this.#update(mergeState(this.state.value, message));
    } else if (message.type === "sessionEnded") {
      this.#end(message.offset, message.reason);
    } else if (message.type === "sessionJoined") {
      // A late reply to a request that timed out: the server may serve its language now.
      this.#servedLanguage = message.targetLanguage;
      this.#recoverSoon(0);
    }
  }

  #update(change: Partial<ListenerState>): void {
    this.state.set({ ...this.state.value, ...change });
  }
}
