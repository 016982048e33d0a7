import { backoffDelay, retryDelay } from "./backoff.ts";
import type { FailureCode } from "./codes.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { hasCode, SessionError, toSessionError } from "./errors.ts";
import type { ReplyOf, ServerMessage } from "./protocol.generated.ts";
import { newRequestId } from "./requestId.ts";
import type { Action, RequestOf, Socket } from "./socket.ts";
import { TokenRefresh } from "./tokenRefresh.ts";
import { readTimes } from "./tokenTimes.ts";
import { delay, monotonicMs, withLimit } from "./waiting.ts";

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** Limit over all attempts; `timings.requestTimeoutMs` by default. */
  readonly timeoutMs?: number | undefined;
}

/** Requests that may wait for the connection at once; a further request is rejected with QUEUE_FULL. */
const MAX_WAITING_REQUESTS = 64;

/** A token that expires sooner is replaced before the handshake. */
const MIN_TOKEN_LIFE_MS = 5000;

/** A smaller difference between a new token's issue time and the device's clock may be the provider's delay. */
const CLOCK_TOLERANCE_MS = 60_000;

/** A speaker's connection: it repeats requests until they are answered, and closes if another one takes over. */
export class SpeakerConnection extends Connection {
  /** The generation that this client's latest attachment got; -1 before the first. */
  #generation = -1;
  /** The highest generation that a `connectionReplaced` named. */
  #latestGeneration = -1;
  #waitingRequests = 0;
  /** The token that the provider returned last. */
  #latestToken: string | undefined;
  readonly #tokenRefresh = new TokenRefresh(this);

  constructor(options: ConnectionOptions) {
    super({
      ...options,
      attach: async (socket, signal) => {
        try {
          this.#generation = (await options.attach(socket, signal)) ?? -1;
        } catch (error) {
          if (hasCode(error, "REPLACED")) this.close(error);
          throw error;
        }
      },
    });
    // While a new connection attaches, its own generation decides.
    this.state.subscribe(() => {
      this.#closeIfReplaced();
      if (this.socket) this.#tokenRefresh.plan(this.socket);
    });
  }

  /**
   * Sends a request on the open WebSocket. Repeats it with the same requestId until the limit if no reply
   * arrived or the reply was UNAVAILABLE or RATE_LIMITED. A refusal is final at once, INTERNAL the second time.
   *
   * @throws SessionError, or the signal's reason.
   */
  async request<A extends Action>(
    message: RequestOf<A>,
    { signal, timeoutMs = this.timings.requestTimeoutMs }: RequestOptions = {},
  ): Promise<ReplyOf[A]> {
    const request = { ...message, requestId: message.requestId ?? newRequestId() };
    const deadlineMs = monotonicMs() + timeoutMs;
    /** The codes of the earlier failures: some measures are taken once. */
    const codes: FailureCode[] = [];
    return withLimit(timeoutMs, "The request", [signal, this.closed], async (limited) => {
      for (;;) {
        const socket = await this.#openSocket(limited);
        try {
          return await this.requestOnce<A>(request, limited);
        } catch (thrown) {
          limited.throwIfAborted();
          const error = toSessionError(thrown);
          const { code, retryable, retryAfterMs } = error;
          const isFirst = !codes.includes(code);
          let waitMs = 0;
          if (code === "PROTOCOL_VIOLATION" || (code === "INTERNAL" && !isFirst)) throw error;
          if (retryable) waitMs = retryDelay(retryAfterMs, codes.length, this.timings.backoff);
          else if (code === "TOKEN_EXPIRED") waitMs = await this.#waitForToken(error, isFirst, codes.length);
          else {
            // A refusal on a connection that was handed over meanwhile says nothing about the new connection.
            await this.state.until(({ name }) => name !== "handingOver", limited);
            if (socket === this.socket) {
              // The speaker's attachment was removed: attaching again shows whether another connection replaced it.
              if (code !== "FORBIDDEN" || !isFirst || this.#generation < 0) throw error;
              socket.close();
            }
          }
          if (monotonicMs() + waitMs > deadlineMs) throw error;
          codes.push(code);
          await delay(waitMs, limited);
        }
      }
    });
  }

  /**
   * Returns a token. If it seems expired, asks for another one. The clock only advises: a token that still
   * seems expired is used, and the server decides.
   *
   * @throws SessionError, or the signal's reason.
   */
  override async getToken(forceRefresh: boolean, signal: AbortSignal): Promise<string | undefined> {
    const token = await super.getToken(forceRefresh, signal);
    if (token === undefined) return undefined;
    const { issuedAtMs, expiresAtMs } = readTimes(token);
    const isNew = token !== this.#latestToken;
    this.#latestToken = token;
    // A token that was issued just now says about the server's time.
    if (forceRefresh && isNew && Math.abs(issuedAtMs - this.serverTimeMs) > CLOCK_TOLERANCE_MS)
      this.estimatedOffsetMs = issuedAtMs - Date.now();
    if (forceRefresh || !(expiresAtMs < this.serverTimeMs + MIN_TOKEN_LIFE_MS)) return token;
    return this.getToken(true, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      if (toSessionError(error).retryable) return token;
      throw error;
    });
  }

  /** Replaces the token in band. */
  protected override replaceToken(socket: Socket): void {
    if (socket === this.socket) void this.#tokenRefresh.refresh();
  }

  protected override receive(message: ServerMessage, socket: Socket): void {
    if (message.type === "connectionReplaced") {
      this.#latestGeneration = Math.max(this.#latestGeneration, message.generation);
      this.#closeIfReplaced();
    }
    super.receive(message, socket);
  }

  /** Closes if a later attachment than this client's own has the session. */
  #closeIfReplaced(): void {
    if (this.state.value.name === "open" && this.#latestGeneration > this.#generation)
      this.close(new SessionError("REPLACED", "The session was resumed elsewhere."));
  }

  /** Replaces an expired token. Returns the wait before the next attempt. @throws the failure if none helps. */
  async #waitForToken(error: SessionError, isFirst: boolean, failures: number): Promise<number> {
    const failure = await this.#tokenRefresh.refresh();
    if (!failure && !isFirst) throw error;
    if (!failure || failure.retryable) return failure ? backoffDelay(failures, this.timings.backoff) : 0;
    // The server no longer accepts the token, and the user has no other one.
    this.close(failure);
    throw failure;
  }

  /** Returns the open WebSocket; waits for one until the signal aborts. */
  async #openSocket(signal: AbortSignal): Promise<Socket> {
    if (this.socket) return this.socket;
    if (this.#waitingRequests >= MAX_WAITING_REQUESTS)
      throw new SessionError("QUEUE_FULL", `${MAX_WAITING_REQUESTS} requests are waiting.`);
    this.#waitingRequests++;
    await this.state.until(({ name }) => name === "open", signal).finally(() => this.#waitingRequests--);
    return this.#openSocket(signal);
  }
}
