import type { User } from "websocket-sessions/auth";
import { SessionError, type SessionBody, type TokenProvider } from "websocket-sessions";
import { removeStoredSession, readStoredSession } from "./storedSession.ts";
import type { SpeakerPageState } from "./state.ts";

/** Limit for looking the stored session up; without an answer the page offers to continue it. */
const LOOKUP_TIMEOUT_MILLISECONDS = 3000;

type NextStep = Pick<SpeakerPageState, "step" | "storedSession" | "alert">;

/** Returns a signed-in user's next step: to resume the stored session while it runs, or to set a new one up. */
export async function resumeOrSetUp(user: User, httpUrl: string, token: TokenProvider): Promise<NextStep> {
  const storedSession = readStoredSession();
  if (!storedSession) return { step: "setup", storedSession: undefined, alert: undefined };
  const error =
    storedSession.owner === user.id
      ? await lookUp(httpUrl, storedSession.sessionId, token)
      : new SessionError("FORBIDDEN", "The session belongs to another user.");
  return (
    closedSessionNotice(storedSession.sessionId, error) ?? { step: "resume", storedSession, alert: undefined }
  );
}

/**
 * Returns the step and the notice for a stored session that this user can no longer resume, and removes the
 * stored session. Returns undefined for any other failure.
 */
export function closedSessionNotice(sessionId: string, error: unknown): NextStep | undefined {
  const text = error instanceof SessionError ? CLOSED_SESSION_NOTICES[error.code] : undefined;
  if (text === undefined) return undefined;
  removeStoredSession(sessionId);
  return { step: "setup", storedSession: undefined, alert: text(sessionId) };
}

const endedNotice = (sessionId: string): string =>
  `Session ${sessionId} has ended: you ended it, or you were away for too long.`;

const CLOSED_SESSION_NOTICES: Readonly<Partial<Record<string, (sessionId: string) => string>>> = {
  SESSION_ENDED: endedNotice,
  SESSION_NOT_FOUND: endedNotice,
  FORBIDDEN: (sessionId) => `Session ${sessionId} belongs to another account and was not continued.`,
};

/** Returns the error that proves that a session has ended; undefined if it runs, or if that is unknown. */
async function lookUp(
  httpUrl: string,
  sessionId: string,
  token: TokenProvider,
): Promise<SessionError | undefined> {
  try {
    const headers = { Authorization: `Bearer ${(await token({ forceRefresh: false })) ?? ""}` };
    const signal = AbortSignal.timeout(LOOKUP_TIMEOUT_MILLISECONDS);
    const response = await fetch(`${httpUrl}/sessions/${encodeURIComponent(sessionId)}`, { headers, signal });
    if (response.status === 404) return new SessionError("SESSION_NOT_FOUND", "The session does not exist.");
    const { status } = (await response.json()) as Partial<SessionBody>;
    return status === "ended" ? new SessionError("SESSION_ENDED", "The session has ended.") : undefined;
  } catch {
    return undefined;
  }
}
