import { SessionError } from "websocket-sessions";

/**
 * Looks a session up over HTTP, because a browser does not show why a WebSocket is refused.
 *
 * @returns true if the stack requires listeners to sign in.
 * @throws SessionError if the session does not exist or has ended.
 */
export async function requiresSignIn(
  httpUrl: string,
  sessionId: string,
  signal: AbortSignal,
): Promise<boolean> {
  let response: Response;
  try {
    response = await fetch(`${httpUrl}/sessions/${encodeURIComponent(sessionId)}`, { signal });
  } catch {
    // The WebSocket may still connect, and reports its own failure.
    signal.throwIfAborted();
    return false;
  }
  if (response.status === 400) throw new SessionError("INVALID_SESSION_ID", "This is not a session id.");
  if (response.status === 404) throw new SessionError("SESSION_NOT_FOUND", "The session does not exist.");
  if (response.status === 410) throw new SessionError("SESSION_ENDED", "The session has ended.");
  return response.status === 401;
}
