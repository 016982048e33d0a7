import { RETRYABLE_CODES, type FailureCode } from "./codes.ts";
import { ERROR_CODES, type ErrorCode } from "./protocol.generated.ts";

export interface SessionErrorOptions {
  readonly retryAfterMs?: number | undefined;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** A failure of the client, with the protocol's error code or one of the client's own. */
export class SessionError extends Error {
  override readonly name = "SessionError";
  declare readonly code: FailureCode;
  /** Milliseconds to wait before the next attempt, if the server gave them. */
  declare readonly retryAfterMs: number | undefined;
  /** Whether another attempt can succeed. */
  declare readonly retryable: boolean;

  constructor(code: FailureCode, message: string, options: SessionErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.retryable = options.retryable ?? RETRYABLE_CODES.includes(code);
  }
}

/**
 * Returns an error of the server. A newer stack may send a code that this client does not know; PROTOCOL.md
 * treats it as INTERNAL.
 */
export function fromProtocol(code: ErrorCode, message: string, retryAfter: number | undefined): SessionError {
  return new SessionError(ERROR_CODES.includes(code) ? code : "INTERNAL", message, {
    retryAfterMs: retryAfter && retryAfter * 1000,
  });
}

/**
 * Returns any thrown value as a SessionError, with the value as `cause`. A programming error of the
 * application is final; every other error is taken for a fault that passes.
 */
export function toSessionError(error: unknown): SessionError {
  if (error instanceof SessionError) return error;
  const { name, message } = error instanceof Error ? error : { name: "", message: String(error) };
  const isProgrammingError = PROGRAMMING_ERROR.test(name) && !FETCH_FAILURE.test(message);
  return new SessionError(isProgrammingError ? "APPLICATION_ERROR" : "UNAVAILABLE", message, {
    cause: error,
  });
}

/** Returns whether an error has one of these codes. */
export function hasCode(error: unknown, ...codes: FailureCode[]): error is SessionError {
  return error instanceof SessionError && codes.includes(error.code);
}

/** Returns whether an error says that the session has ended or that its records are deleted. */
export function meansSessionEnded(error: unknown): error is SessionError {
  return hasCode(error, "SESSION_ENDED", "SESSION_NOT_FOUND");
}

const PROGRAMMING_ERROR = /^(Type|Reference|Range|Syntax)Error$/;

/** The texts with which browsers and Node report that `fetch` got no response, which is a TypeError too. */
const FETCH_FAILURE = /^(failed to fetch|fetch failed|load failed|(the )?(internet|network)|terminated)/i;
