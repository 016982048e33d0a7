import { fromProblem, SessionError } from "./errors.ts";
import type { Problem } from "./protocol.generated.ts";

/**
 * Why a WebSocket handshake failed.
 *
 * A browser hides the HTTP status of a refused handshake: 401, 403, 429, a proxy that does not support
 * WebSockets and a lost network all look like close code 1006. The HTTP API has the same authorizer and
 * shows its status. So the client sends it a PATCH that changes nothing, for a session that cannot exist.
 *
 * - 401 or 403 for a token proves a refusal;
 * - any other answer proves that network and token are valid, so the WebSocket is blocked or broken;
 * - no answer proves nothing and counts as a network fault.
 */
export type HandshakeDiagnosis = "refused" | "reachable" | "unreachable";

const NONEXISTENT_SESSION = "/sessions/no-session-100";

export async function diagnoseHandshake(
  httpUrl: string,
  token: string | undefined,
  signal: AbortSignal,
): Promise<HandshakeDiagnosis> {
  const authorization = token === undefined ? undefined : { Authorization: `Bearer ${token}` };
  try {
    const { status } = await fetch(httpUrl + NONEXISTENT_SESSION, {
      method: "PATCH",
      headers: { ...authorization, "Content-Type": "application/json" },
      body: "{}",
      signal,
    });
    return authorization && (status === 401 || status === 403) ? "refused" : "reachable";
  } catch {
    return "unreachable";
  }
}

/** Returns an HTTP answer's error. API Gateway's own answers (401, 403, 429, 5xx) have no problem body. */
export async function responseError(response: Response): Promise<SessionError> {
  const body = (await response.json().catch(() => ({}))) as Partial<Problem>;
  if (body.code !== undefined) return fromProblem({ ...body, detail: body.detail ?? "" } as Problem);
  const text = `The server answered with status ${response.status}.`;
  if (response.status === 401) return new SessionError("UNAUTHORIZED", text);
  if (response.status === 403) return new SessionError("FORBIDDEN", text);
  if (response.status === 429) return new SessionError("RATE_LIMITED", text);
  return new SessionError(response.status >= 500 ? "UNAVAILABLE" : "INVALID_MESSAGE", text);
}
