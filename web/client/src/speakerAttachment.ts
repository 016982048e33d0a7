import { hasCode, SessionError } from "./errors.ts";
import { Observable } from "./observable.ts";
import type { CreatedSessionBody } from "./protocol.generated.ts";
import { newRequestId } from "./requestId.ts";
import type { RequestOf, Socket } from "./socket.ts";

/**
 * The request that makes the first connection a session's speaker. Its requestId is the same for each attempt,
 * so that a lost reply never creates a second session. A resume without a generation is a person's, and takes
 * the session from the connection that speaks in it now.
 */
export type FirstAttach = RequestOf<"createSession" | "resumeSession">;

/**
 * Attaches each new connection as the speaker: by the first request until a session exists, then by resuming
 * that session.
 *
 * A later resume names the generation of this client's latest attachment. If the session was resumed
 * elsewhere meanwhile, the server refuses it: a device that wakes does not take the session back by itself.
 */
export class SpeakerAttachment {
  /** The session as the server last described it; undefined until it exists. */
  readonly session = new Observable<CreatedSessionBody | undefined>(undefined);
  readonly #first: FirstAttach;
  /** The same for each attempt until a reply arrives: the server recognizes the client's own lost resume by it. */
  #resumeRequestId = newRequestId();

  constructor(first: FirstAttach) {
    this.#first = first;
  }

  /** Returns the session once it exists; rejects with the signal's reason. */
  async attached(signal: AbortSignal): Promise<CreatedSessionBody> {
    return this.session.until((value) => value !== undefined, signal);
  }

  readonly attach = async (socket: Socket, signal: AbortSignal): Promise<number> => {
    const known = this.session.value;
    const request: FirstAttach = known
      ? {
          action: "resumeSession",
          requestId: this.#resumeRequestId,
          sessionId: known.sessionId,
          generation: known.generation,
        }
      : this.#first;
    const session = await socket
      .request<"createSession" | "resumeSession">(request, signal)
      .catch((cause: unknown) => {
        if (!known || !hasCode(cause, "CONFLICT")) throw cause;
        throw new SessionError("REPLACED", "The session was resumed elsewhere.", { cause });
      });
    this.#resumeRequestId = newRequestId();
    this.session.set(session);
    return session.generation;
  };
}
