import { fromProtocol, SessionError } from "./errors.ts";
import type { Observable } from "./observable.ts";
import type {
  CreatedSessionBody,
  CreateSession,
  CreateSessionBody,
  ErrorCode,
  Problem,
} from "./protocol.generated.ts";
import type { FirstAttach } from "./speakerAttachment.ts";
import type { SpeakerConnection } from "./speakerConnection.ts";
import { missingToken } from "./token.ts";

/** A session that is being created or resumed. */
export interface SessionCreation {
  readonly connection: SpeakerConnection;
  /** The session once it exists. A fallback sets it. */
  readonly session: Observable<CreatedSessionBody | undefined>;
  /** The request of every attempt over a WebSocket. */
  readonly first: FirstAttach;
  /** The HTTP API's address; undefined if it was not given. */
  readonly httpUrl: string | undefined;
}

/** Creates a session in another way than by WebSocket if no WebSocket opens. Returns a function that stops it. */
export type Fallback = (creation: SessionCreation) => () => void;

/**
 * Returns a fallback that creates the session over HTTP if no WebSocket can be opened. A WebSocket resumes the
 * session as soon as one opens.
 *
 * @param failedHandshakes the failed handshakes in a row after which it asks the HTTP API.
 */
export function httpFallback(failedHandshakes = 2): Fallback {
  return ({ connection, session, first, httpUrl }) => {
    const stop = new AbortController();
    let isRunning = false;
    const create = async (): Promise<void> => {
      if (httpUrl === undefined || first.action !== "createSession" || isRunning) return;
      isRunning = true;
      try {
        const token = await connection.getToken(false, stop.signal);
        const created = await createSessionOverHttp(httpUrl, token, first, stop.signal);
        // If a WebSocket was faster, its reply is the later one.
        if (!session.value) session.set(created);
      } catch (error) {
        if (error instanceof SessionError && !error.retryable) connection.close(error);
      }
      isRunning = false;
    };
    const unsubscribe = connection.state.subscribe((state) => {
      if (state.name !== "waitingToRetry" || state.attempt < failedHandshakes) return;
      if (state.error.code === "UPGRADE_FAILED") void create();
    });
    return () => {
      unsubscribe();
      stop.abort();
    };
  };
}

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
async function createSessionOverHttp(
  httpUrl: string,
  token: string | undefined,
  { requestId = "", sourceLanguage, quality }: CreateSession,
  signal: AbortSignal,
): Promise<CreatedSessionBody> {
  if (token === undefined) throw missingToken();
  const response = await fetch(`${httpUrl}/sessions`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/json",
      "Idempotency-Key": requestId,
    },
    body: JSON.stringify({ sourceLanguage, quality } satisfies CreateSessionBody),
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
