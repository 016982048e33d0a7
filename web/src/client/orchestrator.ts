import type { CreatedSessionBody, CreateSessionBody } from "../protocol.generated.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import type { ConnectionState } from "./connectionState.ts";
import { SessionError, toSessionError } from "./errors.ts";
import { createSessionOverHttp } from "./httpTwin.ts";
import { newRequestId } from "./link.ts";
import { SpeakerAttachment } from "./speakerAttachment.ts";
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

/**
 * Brings a speaker from a click to a session.
 *
 * A fresh token, a connection, `createSession`; again after faults, with the same requestId, until
 * the time is over; over HTTP where no WebSocket can be opened, with the WebSocket resuming it as
 * soon as it can. A refusal is surfaced at once.
 */
export class SessionCreationOrchestrator {
  readonly #options: OrchestratorOptions;

  constructor(options: OrchestratorOptions) {
    this.#options = options;
  }

  /** @throws SessionError, or the signal's reason. */
  async createSession(body: CreateSessionBody, options: CreateOptions = {}): Promise<SpeakerService> {
    const requestId = newRequestId();
    const attachment = new SpeakerAttachment(body, requestId);
    const connection = new Connection({ ...this.#options, attach: attachment.attach });
    const stop = new AbortController();
    const late = new SessionError("TIMEOUT", "The session could not be created in time.");
    const timer = setTimeout(() => stop.abort(late), options.timeout ?? connection.timings.request);
    const aborted = (): void => stop.abort(options.signal?.reason);
    options.signal?.addEventListener("abort", aborted);
    if (options.signal?.aborted) aborted();

    let fallingBack = false;
    const unsubscribe = connection.state.subscribe((state) => {
      options.onState?.(state);
      if (state.name === "closed") stop.abort(state.error);
      if (fallingBack || !this.#isBlocked(state)) return;
      fallingBack = true;
      void this.#overHttp(body, requestId, stop.signal)
        .then((session) => attachment.session.set(session))
        .catch((error: unknown) => {
          if (error instanceof SessionError && !error.retryable) stop.abort(error);
        })
        .finally(() => (fallingBack = false));
    });
    try {
      connection.open();
      return new SpeakerService(await attachment.created(stop.signal), connection, attachment.session);
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
