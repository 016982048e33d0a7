import type { CreatedSessionBody, CreateSessionBody } from "./protocol.generated.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import type { ConnectionState } from "./connectionState.ts";
import { SessionError, toSessionError } from "./errors.ts";
import { createSessionOverHttp } from "./httpApi.ts";
import { newRequestId } from "./socket.ts";
import { creating, resuming, SpeakerAttachment } from "./speakerAttachment.ts";
import { SpeakerService } from "./speakerService.ts";
import { freshToken } from "./token.ts";

export interface OrchestratorOptions extends Omit<ConnectionOptions, "attach" | "anonymous"> {
  /** Failed handshakes in a row after which the session is created over HTTP. */
  readonly fallbackAfter?: number;
}

export interface CreateOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for everything together. */
  readonly timeout?: number;
  /** Follows the connection's state from the start. */
  readonly onState?: (state: ConnectionState) => void;
}

/** Makes the session another way than over a WebSocket. */
type Fallback = (signal: AbortSignal) => Promise<CreatedSessionBody>;

/**
 * Brings a speaker from a click to a session: a new one, or one that runs already.
 *
 * A fresh token, a connection, `createSession` or `resumeSession`; again after faults, until the time
 * is over. A refusal is surfaced at once.
 */
export class SessionCreationOrchestrator {
  readonly #options: OrchestratorOptions;

  constructor(options: OrchestratorOptions) {
    this.#options = options;
  }

  /**
   * Makes a session: every try has the same requestId, so that they make one. Where no WebSocket can be
   * opened it is made over HTTP, and the WebSocket resumes it as soon as it can.
   *
   * @throws SessionError, or the signal's reason.
   */
  async createSession(body: CreateSessionBody, options: CreateOptions = {}): Promise<SpeakerService> {
    const requestId = newRequestId();
    return this.#bring(creating(body, requestId), options, async (signal) =>
      this.#overHttp(body, requestId, signal),
    );
  }

  /**
   * Takes up a session that the user owns, after a reload or on another device. A connection that spoke
   * in it before is told and stops.
   *
   * @throws SessionError: FORBIDDEN where it belongs to someone else, SESSION_ENDED or SESSION_NOT_FOUND
   * where it is over, TIMEOUT where no WebSocket can be opened; or the signal's reason.
   */
  async resumeSession(sessionId: string, options: CreateOptions = {}): Promise<SpeakerService> {
    return this.#bring(resuming(sessionId), options);
  }

  async #bring(
    first: ConstructorParameters<typeof SpeakerAttachment>[0],
    options: CreateOptions,
    fallback?: Fallback,
  ): Promise<SpeakerService> {
    const attachment = new SpeakerAttachment(first);
    const connection = new Connection({ ...this.#options, attach: attachment.attach });
    const stop = new AbortController();
    const late = new SessionError("TIMEOUT", "The session could not be had in time.");
    const timer = setTimeout(() => stop.abort(late), options.timeout ?? connection.timings.request);
    const aborted = (): void => stop.abort(options.signal?.reason);
    options.signal?.addEventListener("abort", aborted);
    if (options.signal?.aborted) aborted();

    let fallingBack = false;
    const unsubscribe = connection.state.subscribe((state) => {
      options.onState?.(state);
      if (state.name === "closed") stop.abort(state.error);
      if (!fallback || fallingBack || !this.#isBlocked(state)) return;
      fallingBack = true;
      void fallback(stop.signal)
        // Where a WebSocket was faster, it knows better.
        .then((session) => attachment.session.value ?? attachment.session.set(session))
        .catch((error: unknown) => {
          if (error instanceof SessionError && !error.retryable) stop.abort(error);
        })
        .finally(() => (fallingBack = false));
    });
    try {
      connection.open();
      return new SpeakerService(await attachment.attached(stop.signal), connection, attachment.session);
    } catch (error) {
      connection.close();
      throw error;
    } finally {
      unsubscribe();
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", aborted);
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

  async #overHttp(
    body: CreateSessionBody,
    requestId: string,
    signal: AbortSignal,
  ): Promise<CreatedSessionBody> {
    const token = await freshToken(this.#options.token, false);
    if (token === undefined) throw new SessionError("UNAUTHORIZED", "Sign in first.");
    return createSessionOverHttp(this.#options.httpUrl ?? "", token, requestId, body, signal).catch(
      (error: unknown) => {
        throw toSessionError(error);
      },
    );
  }
}
