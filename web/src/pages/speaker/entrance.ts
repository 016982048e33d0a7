import type { User } from "../../auth/cognito.ts";
import { SessionError, type SessionBody, type TokenProvider } from "../../client/index.ts";
import { forget, recall } from "./remembered.ts";
import type { SpeakerPageState } from "./state.ts";

/** How long a person waits to be told whether their session still runs; without an answer it is offered. */
const LOOK_UP_MILLISECONDS = 3000;

type Entrance = Pick<SpeakerPageState, "step" | "remembered" | "alert">;

/** Where a signed-in person goes on: with the session that they speak in, while it runs, or with a new one. */
export async function enter(user: User, httpUrl: string, token: TokenProvider): Promise<Entrance> {
  const remembered = recall();
  if (!remembered) return { step: "setup", remembered: undefined, alert: undefined };
  const error =
    remembered.owner === user.id
      ? await lookUp(httpUrl, remembered.sessionId, token)
      : new SessionError("FORBIDDEN", "The session belongs to someone else.");
  return farewell(remembered.sessionId, error) ?? { step: "resume", remembered, alert: undefined };
}

/** Forgets a session that this person cannot take up any more, and tells why; nothing for other failures. */
export function farewell(sessionId: string, error: unknown): Entrance | undefined {
  const words = error instanceof SessionError ? FAREWELLS[error.code] : undefined;
  if (words === undefined) return undefined;
  forget(sessionId);
  return { step: "setup", remembered: undefined, alert: words(sessionId) };
}

const over = (sessionId: string): string =>
  `Session ${sessionId} is over: it was ended, or you were away for too long.`;

const FAREWELLS: Readonly<Partial<Record<string, (sessionId: string) => string>>> = {
  SESSION_ENDED: over,
  SESSION_NOT_FOUND: over,
  FORBIDDEN: (sessionId) => `Session ${sessionId} belongs to another account, and was not continued.`,
};

/** The proof that a session is over; without one the attempt to take it up tells. */
async function lookUp(
  httpUrl: string,
  sessionId: string,
  token: TokenProvider,
): Promise<SessionError | undefined> {
  try {
    const headers = { Authorization: `Bearer ${(await token({ forceRefresh: false })) ?? ""}` };
    const signal = AbortSignal.timeout(LOOK_UP_MILLISECONDS);
    const response = await fetch(`${httpUrl}/sessions/${encodeURIComponent(sessionId)}`, { headers, signal });
    if (response.status === 404) return new SessionError("SESSION_NOT_FOUND", "There is no such session.");
    const { status } = (await response.json()) as Partial<SessionBody>;
    return status === "ended" ? new SessionError("SESSION_ENDED", "The session is over.") : undefined;
  } catch {
    return undefined;
  }
}
