import { Connection, type ConnectionOptions } from "./connection.ts";
import type { ConnectionState } from "./connectionState.ts";
import { SessionError } from "./errors.ts";
import { createSessionOverHttp } from "./httpApi.ts";
import type { CreatedSessionBody, CreateSessionBody } from "./protocol.generated.ts";
import { newRequestId } from "./requestId.ts";
import { ServerClock } from "./serverClock.ts";
import { attachByCreating, attachByResuming, SpeakerAttachment } from "./speakerAttachment.ts";
import { SpeakerService } from "./speakerService.ts";
import { TokenSource } from "./token.ts";
import { withLimit } from "./waiting.ts";

export interface OrchestratorOptions extends Omit<ConnectionOptions, "attach" | "anonymous"> {
  /** Failed handshakes in a row after which the session is created over HTTP. */
  readonly fallbackAfter?: number;
}

export interface StartOptions {
  readonly signal?: AbortSignal | undefined;
  /** Limit over all attempts; `timings.requestTimeoutMs` by default. */
  readonly timeoutMs?: number | undefined;
  /** Gets the connection and each of its states until the session has started. */
  readonly onState?: ((state: ConnectionState, connection: Connection) => void) | undefined;
}

/** Creates the session without a WebSocket. */
type Fallback = (connection: Connection, signal: AbortSignal) => Promise<CreatedSessionBody>;

/**
 * Starts a speaker's session: a new one, or one that runs already.
 *
 * It gets a token, connects, and sends `createSession` or `resumeSession`. It repeats that after faults until
 * the time limit. A refusal is final at once.
 */
export class SessionCreationOrchestrator {
  readonly #options: OrchestratorOptions;

  constructor(options: OrchestratorOptions) {
    this.#options = options;
  }

  /**
   * Creates a session. Each attempt has the same requestId, so that all attempts create one session. If no
   * WebSocket can be opened, the session is created over HTTP, and a WebSocket resumes it as soon as one opens.
   *
   * @throws SessionError, or the signal's reason.
   */
  async createSession(body: CreateSessionBody, options: StartOptions = {}): Promise<SpeakerService> {
    const requestId = newRequestId();
    return this.#start(attachByCreating(body, requestId), options, async ({ timings }, signal) => {
      const tokens = new TokenSource(this.#options.token, timings, new ServerClock());
      const token = await tokens.getForConnect(false, signal);
      if (token === undefined)
        throw new SessionError("UNAUTHORIZED", "The token provider returned no token: sign in first.");
      return createSessionOverHttp(this.#options.httpUrl ?? "", token, requestId, body, signal);
    });
  }

  /**
   * Resumes a session of this user, after a reload or on another device. The connection that spoke in it
   * before is notified and stops.
   *
   * @throws SessionError: FORBIDDEN if the session belongs to another user, SESSION_ENDED or SESSION_NOT_FOUND
   * if it has ended, TIMEOUT if no WebSocket can be opened; or the signal's reason.
   */
  async resumeSession(sessionId: string, options: StartOptions = {}): Promise<SpeakerService> {
    return this.#start(attachByResuming(sessionId), options);
  }

  async #start(
    first: ConstructorParameters<typeof SpeakerAttachment>[0],
    options: StartOptions,
    fallback?: Fallback,
  ): Promise<SpeakerService> {
    options.signal?.throwIfAborted();
    const attachment = new SpeakerAttachment(first);
    const connection = new Connection({ ...this.#options, attach: attachment.attach });
    const stop = new AbortController();
    let lastError: SessionError | undefined;
    let isFallingBack = false;
    const unsubscribe = connection.state.subscribe((state) => {
      options.onState?.(state, connection);
      if (state.name === "closed") stop.abort(state.error);
      if (state.name === "waitingToRetry") lastError = state.error;
      if (!fallback || isFallingBack || !this.#isBlocked(state)) return;
      isFallingBack = true;
      void fallback(connection, stop.signal)
        // If a WebSocket was faster, its reply is the later one.
        .then((session) => attachment.session.value ?? attachment.session.set(session))
        .catch((error: unknown) => {
          if (error instanceof SessionError && !error.retryable) stop.abort(error);
        })
        .finally(() => (isFallingBack = false));
    });
    try {
      connection.open();
      const session = await withLimit(async (signal) => attachment.attached(signal), {
        timeoutMs: options.timeoutMs ?? connection.timings.requestTimeoutMs,
        message: "Timed out while starting the session.",
        signals: options.signal ? [options.signal, stop.signal] : [stop.signal],
      });
      return new SpeakerService(session, connection, attachment.session);
    } catch (error) {
      connection.close();
      if (!(error instanceof SessionError && error.code === "TIMEOUT")) throw error;
      throw new SessionError("TIMEOUT", error.message, { cause: lastError });
    } finally {
      unsubscribe();
      stop.abort(new SessionError("CLOSED", "The session has started."));
    }
  }

  #isBlocked(state: ConnectionState): boolean {
    return (
      this.#options.httpUrl !== undefined &&
      state.name === "waitingToRetry" &&
      state.error.code === "UPGRADE_FAILED" &&
      state.attempt >= (this.#options.fallbackAfter ?? 2)
    );
  }
}
