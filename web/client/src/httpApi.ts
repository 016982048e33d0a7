import { SessionError } from "./errors.ts";
import { responseError } from "./handshakeDiagnosis.ts";
import type { CreatedSessionBody, CreateSessionBody } from "./protocol.generated.ts";

/**
 * Creates a session by `POST /sessions`, for a network that blocks WebSockets. The Idempotency-Key is the
 * requestId of the WebSocket attempts, so that all attempts create one session.
 *
 * @throws SessionError, CONNECTION_LOST without an answer; or the signal's reason.
 */
export async function createSessionOverHttp(
  httpUrl: string,
  token: string,
  requestId: string,
  body: CreateSessionBody,
  signal: AbortSignal,
): Promise<CreatedSessionBody> {
  const response = await fetch(`${httpUrl}/sessions`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/json",
      "Idempotency-Key": requestId,
    },
    body: JSON.stringify(body),
    signal,
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new SessionError("CONNECTION_LOST", String(error), { cause: error });
  });
  if (!response.ok) throw await responseError(response);
  return (await response.json()) as CreatedSessionBody;
}
