import { fromProtocol, SessionError } from "./errors.ts";
import type { CreatedSessionBody, CreateSessionBody, ErrorCode, Problem } from "./protocol.generated.ts";

/** The codes of API Gateway's own answers, which have no problem body. */
const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  429: "RATE_LIMITED",
};

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
  session: CreateSessionBody,
  signal: AbortSignal,
): Promise<CreatedSessionBody> {
  const response = await fetch(`${httpUrl}/sessions`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/json",
      "Idempotency-Key": requestId,
    },
    body: JSON.stringify(session),
    signal,
  }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new SessionError("CONNECTION_LOST", String(cause), { cause });
  });
  const { ok, status } = response;
  if (ok) return (await response.json()) as CreatedSessionBody;
  const body = (await response.json().catch(() => ({}))) as Partial<Problem>;
  throw fromProtocol(
    body.code ?? CODE_OF_STATUS[status] ?? (status >= 500 ? "UNAVAILABLE" : "INVALID_MESSAGE"),
    body.detail ?? `The server answered with status ${status}.`,
    body.retryAfter,
  );
}
