import type { CreatedSessionBody, CreateSessionBody } from "./protocol.generated.ts";
import type { Socket } from "./socket.ts";
import { Observable } from "./observable.ts";

/** Makes a new connection a session's speaker, and tells what the server says of the session. */
type Attach = (socket: Socket, signal: AbortSignal) => Promise<CreatedSessionBody>;

/** @param requestId the same for every try, so that a lost reply never makes a second session. */
export function creating(body: CreateSessionBody, requestId: string): Attach {
  return async (socket, signal) =>
    socket.request<"createSession">({ action: "createSession", requestId, ...body }, signal);
}

/** No position goes with it: a speaker hears nothing of the log, and the server numbers what comes next. */
export function resuming(sessionId: string): Attach {
  return async (socket, signal) =>
    socket.request<"resumeSession">({ action: "resumeSession", sessionId }, signal);
}

/** Attaches each new connection as the speaker: as it is told until there is a session, then by resuming that. */
export class SpeakerAttachment {
  /** What the server last said of the session; nothing until it is there. */
  readonly session = new Observable<CreatedSessionBody | undefined>(undefined);
  readonly #first: Attach;

  constructor(first: Attach) {
    this.#first = first;
  }

  /** The session, once there is one; rejects with the signal's reason. */
  async attached(signal: AbortSignal): Promise<CreatedSessionBody> {
    const session = await this.session.until((value) => value !== undefined, signal);
    return session ?? this.attached(signal);
  }

  readonly attach = async (socket: Socket, signal: AbortSignal): Promise<void> => {
    const known = this.session.value;
    const attach = known ? resuming(known.sessionId) : this.#first;
    this.session.set(await attach(socket, signal));
  };
}
