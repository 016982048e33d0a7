import type { ConnectionOptions } from "./connection.ts";
import type { Fallback } from "./httpFallback.ts";
import type { CreateSessionBody } from "./protocol.generated.ts";
import { newRequestId } from "./requestId.ts";
import { SpeakerAttachment, type FirstAttach } from "./speakerAttachment.ts";
import { SpeakerConnection } from "./speakerConnection.ts";
import { SpeakerService } from "./speakerService.ts";
import { startConnection, type StartOptions } from "./startConnection.ts";

export interface StarterOptions extends Omit<ConnectionOptions, "attach" | "anonymous"> {
  /** What creates a session if no WebSocket can be opened; by default nothing does. */
  readonly fallback?: Fallback | undefined;
}

/**
 * Creates a session. Each attempt has the same requestId, so that all attempts create one session.
 *
 * @throws SessionError, or the signal's reason.
 */
export async function createSession(
  starterOptions: StarterOptions,
  body: CreateSessionBody,
  options?: StartOptions,
): Promise<SpeakerService> {
  return start(starterOptions, { action: "createSession", ...body }, options);
}

/**
 * Resumes a session of this user, after a reload or on another device. The connection that spoke in it
 * before is notified and stops.
 *
 * @throws SessionError: FORBIDDEN if the session belongs to another user, SESSION_ENDED or SESSION_NOT_FOUND
 * if it has ended, TIMEOUT if no WebSocket can be opened; or the signal's reason.
 */
export async function resumeSession(
  starterOptions: StarterOptions,
  sessionId: string,
  options?: StartOptions,
): Promise<SpeakerService> {
  return start(starterOptions, { action: "resumeSession", sessionId }, options);
}

/**
 * Gets a token, connects, and sends the first request. Repeats that after faults until the time limit. A
 * refusal is final at once.
 */
async function start(
  starterOptions: StarterOptions,
  request: FirstAttach,
  options: StartOptions = {},
): Promise<SpeakerService> {
  const first = { requestId: newRequestId(), ...request };
  const attachment = new SpeakerAttachment(first);
  const { fallback, httpUrl } = starterOptions;
  const connection = new SpeakerConnection({ ...starterOptions, attach: attachment.attach });
  const stopFallback = fallback?.({ connection, session: attachment.session, first, httpUrl });
  try {
    const session = await startConnection(connection, options, "Starting", async (signal) =>
      attachment.attached(signal),
    );
    return new SpeakerService(session, connection, attachment.session);
  } finally {
    stopFallback?.();
  }
}
