import type { ConnectionOptions } from "./connection.ts";
import type { ConnectionState } from "./connectionState.ts";
import { SessionError } from "./errors.ts";
import { createSessionOverHttp } from "./httpApi.ts";
import type { CreatedSessionBody, CreateSessionBody } from "./protocol.generated.ts";
import { newRequestId } from "./requestId.ts";
import { attachByCreating, attachByResuming, SpeakerAttachment } from "./speakerAttachment.ts";
import { SpeakerConnection } from "./speakerConnection.ts";
import { SpeakerService } from "./speakerService.ts";
import { startConnection, type StartOptions } from "./startConnection.ts";

export interface OrchestratorOptions extends Omit<ConnectionOptions, "attach" | "anonymous"> {
  /** Failed handshakes in a row after which the session is created over HTTP. */
  readonly fallbackAfter?: number;
}

/** Creates the session without a WebSocket. */
type Fallback = (connection: SpeakerConnection, signal: AbortSignal) => Promise<CreatedSessionBody>;

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
    const { httpUrl = "" } = this.#options;
    return this.#start(attachByCreating(body, requestId), options, async (connection, signal) =>
      createSessionOverHttp(httpUrl, await connection.getToken(signal), requestId, body, signal),
    );
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
    const attachment = new SpeakerAttachment(first);
    const connection = new SpeakerConnection({ ...this.#options, attach: attachment.attach });
    const stop = new AbortController();
    let isFallingBack = false;
    const unsubscribe = connection.state.subscribe((state) => {
      if (!fallback || isFallingBack || !this.#isBlocked(state)) return;
      isFallingBack = true;
      fallback(connection, stop.signal)
        // If a WebSocket was faster, its reply is the later one.
        .then((session) => attachment.session.value ?? attachment.session.set(session))
        .catch((error: unknown) => {
          if (error instanceof SessionError && !error.retryable) connection.close(error);
        })
        .finally(() => (isFallingBack = false));
    });
    try {
      const session = await startConnection(
        connection,
        options,
        "Timed out while starting the session.",
        async (signal) => attachment.attached(signal),
      );
      return new SpeakerService(session, connection, attachment.session);
    } finally {
      unsubscribe();
      stop.abort();
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
