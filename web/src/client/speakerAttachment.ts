import type { CreatedSessionBody, CreateSessionBody } from "../protocol.generated.ts";
import type { Link } from "./link.ts";
import { Observable } from "./observable.ts";

/** Attaches each new connection as the speaker: creates the session on the first, resumes it on the others. */
export class SpeakerAttachment {
  /** What the server last said of the session; nothing until it is created. */
  readonly session = new Observable<CreatedSessionBody | undefined>(undefined);
  readonly #body: CreateSessionBody;
  readonly #requestId: string;

  /** @param requestId the same for every try, so that a lost reply never makes a second session. */
  constructor(body: CreateSessionBody, requestId: string) {
    this.#body = body;
    this.#requestId = requestId;
  }

  /** The session, once there is one; rejects with the signal's reason. */
  async created(signal: AbortSignal): Promise<CreatedSessionBody> {
    const session = await this.session.until((value) => value !== undefined, signal);
    return session ?? this.created(signal);
  }

  readonly attach = async (link: Link, signal: AbortSignal): Promise<void> => {
    const known = this.session.value;
    this.session.set(
      known
        ? await link.request<"resumeSession">({ action: "resumeSession", sessionId: known.sessionId }, signal)
        : await link.request<"createSession">(
            { action: "createSession", requestId: this.#requestId, ...this.#body },
            signal,
          ),
    );
  };
}
