import type { CreatedSessionBody, CreateSessionBody } from "./protocol.generated.ts";
import { SessionError } from "./errors.ts";
import { responseError } from "./handshakeDiagnosis.ts";

/**
 * `POST /sessions`, for when no WebSocket can be opened. The Idempotency-Key is the requestId of the
 * WebSocket tries, so that whichever arrived first made the one session.
 *
 * @throws SessionError, CONNECTION_LOST when no answer comes; or the signal's reason.
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
    throw new SessionError("CONNECTION_LOST", String(error));
  });
  if (!response.ok) throw await responseError(response);
  return (await response.json()) as CreatedSessionBody;
}
