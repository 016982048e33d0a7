import { ERROR_CODES, type ErrorCode, type ErrorMessage, type Problem } from "./protocol.generated.ts";
import { isRetryable, type FailureCode } from "./codes.ts";

/** One failure of the client, with the protocol's code or one of its own. */
export class SessionError extends Error {
  override readonly name = "SessionError";
  readonly code: FailureCode;
  /** Milliseconds after which to try again, where the server said so. */
  readonly retryAfter: number | undefined;
  /** Whether another try can succeed. */
  readonly retryable: boolean;

  constructor(
    code: FailureCode,
    message: string,
    options: { retryAfter?: number; retryable?: boolean } = {},
  ) {
    super(message);
    this.code = code;
    this.retryAfter = options.retryAfter;
    this.retryable = options.retryable ?? isRetryable(code);
  }
}

export function fromErrorMessage({ code, message, retryAfter }: ErrorMessage): SessionError {
  return new SessionError(known(code), message, waiting(retryAfter));
}

export function fromProblem({ code, detail, retryAfter }: Problem): SessionError {
  return new SessionError(known(code), detail, waiting(retryAfter));
}

/** Anything thrown, as a SessionError: what is not one already came from the page's own code. */
export function toSessionError(error: unknown): SessionError {
  if (error instanceof SessionError) return error;
  return new SessionError("UNAVAILABLE", error instanceof Error ? error.message : String(error));
}

/** Whether an error says that the session is over, or gone with its records. */
export function isOver(error: unknown): boolean {
  return (
    error instanceof SessionError && (error.code === "SESSION_ENDED" || error.code === "SESSION_NOT_FOUND")
  );
}

/** A newer stack may have codes that are not known here; PROTOCOL.md takes them for INTERNAL. */
function known(code: ErrorCode): ErrorCode {
  return ERROR_CODES.includes(code) ? code : "INTERNAL";
}

function waiting(seconds: number | undefined): { retryAfter?: number } {
  return seconds === undefined ? {} : { retryAfter: seconds * 1000 };
}
