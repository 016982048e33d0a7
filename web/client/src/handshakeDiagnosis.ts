import type { Problem } from "./protocol.generated.ts";
import { fromProblem, SessionError } from "./errors.ts";

/**
 * Why a WebSocket handshake failed.
 *
 * A browser hides the HTTP status of a refused handshake: 401, 403, 429, a proxy that knows no
 * WebSocket and a lost network all look like close code 1006. The HTTP twin of the API stands behind
 * the same tokens and is allowed to tell, so it is asked: by a PATCH that changes nothing, of a
 * session that cannot exist, since only the authorizer's verdict matters.
 *
 * - 401 and 403 prove a refusal, which no retry changes;
 * - any other answer proves that network and token are good, so WebSockets are what is blocked or broken;
 * - no answer proves nothing, and is treated as a network fault.
 */
export type Reachability = "refused" | "reachable" | "unreachable";

const NO_SUCH_SESSION = "/sessions/no-session-100";

export async function probe(httpUrl: string, token: string, signal: AbortSignal): Promise<Reachability> {
  try {
    const { status } = await fetch(httpUrl + NO_SUCH_SESSION, {
      method: "PATCH",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: "{}",
      signal,
    });
    return status === 401 || status === 403 ? "refused" : "reachable";
  } catch {
    return "unreachable";
  }
}

/** The error of an HTTP answer; API Gateway's own answers (401, 403, 429, 5xx) carry no problem body. */
export async function responseError(response: Response): Promise<SessionError> {
  const body = (await response.json().catch(() => ({}))) as Partial<Problem>;
  if (body.code !== undefined) return fromProblem({ ...body, detail: body.detail ?? "" } as Problem);
  const text = `The server answered ${response.status}.`;
  if (response.status === 401) return new SessionError("UNAUTHORIZED", text);
  if (response.status === 403) return new SessionError("FORBIDDEN", text);
  if (response.status === 429) return new SessionError("RATE_LIMITED", text);
  return new SessionError(response.status >= 500 ? "UNAVAILABLE" : "INVALID_MESSAGE", text);
}
