import { SessionError } from "./errors.ts";

const NONEXISTENT_SESSION = "/sessions/no-session-100";

/**
 * Returns the proven reason why a WebSocket handshake failed; undefined if nothing is proven.
 *
 * A browser hides the HTTP status of a refused handshake: 401, 403, 429, a proxy that does not support
 * WebSockets and a lost network all look like close code 1006. The HTTP API has the same authorizer and
 * shows its status. So the client sends it a PATCH that changes nothing, for a session that cannot exist.
 *
 * - 401 or 403 for a token proves a refusal;
 * - any other answer proves that network and token are valid, so the WebSocket is blocked or broken;
 * - no answer proves nothing and counts as a network fault.
 */
export async function diagnoseHandshake(
  httpUrl: string,
  token: string | undefined,
  signal: AbortSignal,
): Promise<SessionError | undefined> {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const request = { method: "PATCH", headers, signal };
  const response = await fetch(httpUrl + NONEXISTENT_SESSION, request).catch(() => undefined);
  if (!response) return undefined;
  if (token && [401, 403].includes(response.status))
    return new SessionError("UNAUTHORIZED", "The server refused the token: sign in.");
  return new SessionError("UPGRADE_FAILED", "A proxy or firewall may block the WebSocket.");
}
