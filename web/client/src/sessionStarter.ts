import { httpFallback } from "./httpFallback.ts";
import type { CreateSessionBody } from "./protocol.generated.ts";
import type { SpeakerService } from "./speakerService.ts";
import { createSession, resumeSession, type StarterOptions } from "./speakerStarter.ts";
import type { StartOptions } from "./startConnection.ts";

export interface OrchestratorOptions extends Omit<StarterOptions, "fallback"> {
  /** Failed handshakes in a row after which a session is created over HTTP; 2 by default. */
  readonly fallbackAfter?: number;
}

/**
 * Starts a speaker's session, and creates it over HTTP if no WebSocket can be opened. A WebSocket resumes the
 * session as soon as one opens.
 */
export class SessionCreationOrchestrator {
  readonly #options: StarterOptions;

  constructor({ fallbackAfter, ...options }: OrchestratorOptions) {
    this.#options = { ...options, fallback: httpFallback(fallbackAfter) };
  }

  /** Creates a session. @throws SessionError, or the signal's reason. */
  async createSession(body: CreateSessionBody, options?: StartOptions): Promise<SpeakerService> {
    return createSession(this.#options, body, options);
  }

  /** Resumes a session of this user. @throws SessionError, or the signal's reason. */
  async resumeSession(sessionId: string, options?: StartOptions): Promise<SpeakerService> {
    return resumeSession(this.#options, sessionId, options);
  }
}
