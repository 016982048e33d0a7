import { SessionError } from "../../client/index.ts";

/**
 * Asks over HTTP whether a session can be joined, since a browser does not see why a WebSocket is refused.
 *
 * @returns whether the stack wants listeners to sign in.
 * @throws SessionError where there is no such session.
 */
export async function mustSignIn(httpUrl: string, sessionId: string, signal: AbortSignal): Promise<boolean> {
  let response: Response;
  try {
    response = await fetch(`${httpUrl}/sessions/${encodeURIComponent(sessionId)}`, { signal });
  } catch {
    // The WebSocket may get through all the same, and tells its own troubles.
    signal.throwIfAborted();
    return false;
  }
  if (response.status === 400) throw new SessionError("INVALID_SESSION_ID", "This is not a session id.");
  if (response.status === 404) throw new SessionError("SESSION_NOT_FOUND", "There is no such session.");
  if (response.status === 410) throw new SessionError("SESSION_ENDED", "The session is over.");
  return response.status === 401;
}
