import { backoffDelay, retryDelay } from "./backoff.ts";
import type { FailureCode } from "./codes.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { hasCode, SessionError, toSessionError } from "./errors.ts";
import type { ReplyOf, ServerMessage } from "./protocol.generated.ts";
import { newRequestId } from "./requestId.ts";
import type { Action, RequestOf, Socket } from "./socket.ts";
import { missingToken } from "./token.ts";
import { delay, monotonicMs, withLimit } from "./waiting.ts";

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** Limit over all attempts; `timings.requestTimeoutMs` by default. */
  readonly timeoutMs?: number | undefined;
}

/** Requests that may wait for the connection at once; a further request is rejected with QUEUE_FULL. */
const MAX_WAITING_REQUESTS = 64;

/** Actions that only the session's present speaker may send. */
const SPEAKER_ACTIONS: readonly Action[] = ["publish", "updateSession", "endSession"];

/** A speaker's connection: it repeats requests until they are answered, and closes if another one takes over. */
export class SpeakerConnection extends Connection {
  /** The generation that this client's latest attachment got; -1 before the first. */
  #generation = -1;
  /** The highest generation that a `connectionReplaced` named. */
  #latestGeneration = -1;
  #waitingRequests = 0;

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
    this.state.subscribe(() => this.#closeIfReplaced());
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
    const codes: FailureCode[] = [];
    return withLimit(
      timeoutMs,
      "The connection was not ready in time.",
      [signal, this.closed],
      async (limited) => {
        for (;;) {
          const socket = await this.#openSocket(limited);
          try {
            return await this.requestOnce<A>(request, limited);
          } catch (thrown) {
            limited.throwIfAborted();
            const error = toSessionError(thrown);
            const waitMs = await this.#recover(error, codes, message.action, socket, limited);
            if (waitMs === undefined || monotonicMs() + waitMs > deadlineMs) throw error;
            codes.push(error.code);
            await delay(waitMs, limited);
          }
        }
      },
    );
  }

  /** Returns a token for a request over HTTP. @throws SessionError, or the signal's reason. */
  async getToken(signal: AbortSignal): Promise<string> {
    const token = await this.tokens.getForConnect(false, signal);
    if (token === undefined) throw missingToken();
    return token;
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
      this.close(new SessionError("REPLACED", "The session was resumed on another connection."));
  }

  /**
   * Takes the measure that an error asks for. Returns the wait before the next attempt; undefined if none helps.
   *
   * @param codes the codes of this request's earlier failures: some measures are taken once.
   */
  async #recover(
    error: SessionError,
    codes: readonly FailureCode[],
    action: Action,
    socket: Socket,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { code, retryable, retryAfterMs } = error;
    const { backoff } = this.timings;
    const isFirst = !codes.includes(code);
    if (code === "PROTOCOL_VIOLATION" || (code === "INTERNAL" && !isFirst)) return undefined;
    if (retryable) return retryDelay(retryAfterMs, codes.length, backoff);
    if (code === "TOKEN_EXPIRED") {
      const failure = await this.refreshToken();
      if (!failure) return isFirst ? 0 : undefined;
      if (failure.retryable) return backoffDelay(codes.length, backoff);
      // The server no longer accepts the token, and the user has no other one.
      this.close(failure);
      throw failure;
    }
    // A refusal on a connection that was handed over meanwhile says nothing about the new connection.
    await this.state.until(({ name }) => name !== "handingOver", signal);
    if (socket !== this.socket) return 0;
    // The speaker's attachment was removed: attaching again shows whether another connection replaced it.
    if (code !== "FORBIDDEN" || !isFirst || !SPEAKER_ACTIONS.includes(action) || this.#generation < 0)
      return undefined;
    socket.close();
    return 0;
  }

  /** Returns the open WebSocket; waits for one until the signal aborts. */
  async #openSocket(signal: AbortSignal): Promise<Socket> {
    if (this.socket) return this.socket;
    if (this.#waitingRequests >= MAX_WAITING_REQUESTS)
      throw new SessionError(
        "QUEUE_FULL",
        `${MAX_WAITING_REQUESTS} requests already wait for the connection.`,
      );
    this.#waitingRequests++;
    await this.state.until(({ name }) => name === "open", signal).finally(() => this.#waitingRequests--);
    return this.#openSocket(signal);
  }
}
