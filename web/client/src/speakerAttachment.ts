import { SessionError } from "./errors.ts";
import { Observable } from "./observable.ts";
import type { CreatedSessionBody, CreateSessionBody, ResumeSession } from "./protocol.generated.ts";
import { newRequestId } from "./requestId.ts";
import type { Socket } from "./socket.ts";

/** Makes a new connection a session's speaker and returns the session. */
type AttachSpeaker = (socket: Socket, signal: AbortSignal) => Promise<CreatedSessionBody>;

/** @param requestId the same for each attempt, so that a lost reply never creates a second session. */
export function attachByCreating(body: CreateSessionBody, requestId: string): AttachSpeaker {
  return async (socket, signal) =>
    socket.request<"createSession">({ action: "createSession", requestId, ...body }, signal);
}

/** Resumes a session because its owner asks for it, whichever connection speaks in it now. */
export function attachByResuming(sessionId: string): AttachSpeaker {
  const request: ResumeSession = { action: "resumeSession", requestId: newRequestId(), sessionId };
  return async (socket, signal) => socket.request<"resumeSession">(request, signal);
}

/**
 * Attaches each new connection as the speaker: by the given function until a session exists, then by
 * resuming that session.
 *
 * A later resume names the generation of this client's latest attachment. If the session was resumed
 * elsewhere meanwhile, the server refuses it: a device that wakes does not take the session back by itself.
 */
export class SpeakerAttachment {
  /** The session as the server last described it; undefined until it exists. */
  readonly session = new Observable<CreatedSessionBody | undefined>(undefined);
  readonly #first: AttachSpeaker;
  /** The same for each attempt until a reply arrives: the server recognizes the client's own lost resume by it. */
  #resumeRequestId = newRequestId();

  constructor(first: AttachSpeaker) {
    this.#first = first;
  }

  /** Returns the session once it exists; rejects with the signal's reason. */
  async attached(signal: AbortSignal): Promise<CreatedSessionBody> {
    const session = await this.session.until((value) => value !== undefined, signal);
    return session ?? this.attached(signal);
  }

  readonly attach = async (socket: Socket, signal: AbortSignal): Promise<number> => {
    const known = this.session.value;
    const session = known ? await this.#resume(known, socket, signal) : await this.#first(socket, signal);
    this.session.set(session);
    return session.generation;
  };

  async #resume(
    { sessionId, generation }: CreatedSessionBody,
    socket: Socket,
    signal: AbortSignal,
  ): Promise<CreatedSessionBody> {
    const requestId = this.#resumeRequestId;
    try {
      const session = await socket.request<"resumeSession">(
        { action: "resumeSession", requestId, sessionId, generation },
        signal,
      );
      this.#resumeRequestId = newRequestId();
      return session;
    } catch (error) {
      if (!(error instanceof SessionError && error.code === "CONFLICT")) throw error;
      throw new SessionError("REPLACED", "The session was resumed on another connection.", { cause: error });
    }
  }
}
