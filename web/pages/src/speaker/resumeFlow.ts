import type { User } from "websocket-sessions/auth";
import { SessionError, type SessionBody, type TokenProvider } from "websocket-sessions";
import { removeStoredSession, readStoredSession } from "./storedSession.ts";
import type { SpeakerPageState } from "./state.ts";

/** How long a person waits for the look-up of the stored session; then the page offers to continue it. */
const LOOKUP_WAIT_MILLISECONDS = 3000;
/** Limit of the look-up. */
const LOOKUP_TIMEOUT_MILLISECONDS = 30_000;

type NextStep = Pick<SpeakerPageState, "step" | "storedSession" | "alert">;

/**
 * Returns a signed-in user's next step: to resume the stored session while it runs, or to set a new one up.
 *
 * @param onLateNotice gets the step and the notice if the session is offered and then proves to have ended.
 */
export async function resumeOrSetUp(
  user: User,
  httpUrl: string,
  token: TokenProvider,
  onLateNotice: (notice: NextStep) => void,
): Promise<NextStep> {
  const storedSession = readStoredSession();
  if (!storedSession) return { step: "setup", storedSession: undefined, alert: undefined };
  const { sessionId, owner } = storedSession;
  const error =
    owner === user.id
      ? lookUp(httpUrl, sessionId, token)
      : Promise.resolve(new SessionError("FORBIDDEN", "The session belongs to another user."));
  let isOffered = false;
  const answer = error.then((found) => {
    const notice = closedSessionNotice(sessionId, found);
    if (notice && isOffered) onLateNotice(notice);
    return notice;
  });
  const notice = await Promise.race([answer, nothingAfter(LOOKUP_WAIT_MILLISECONDS)]);
  isOffered = notice === undefined;
  return notice ?? { step: "resume", storedSession, alert: undefined };
}

async function nothingAfter(milliseconds: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
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
