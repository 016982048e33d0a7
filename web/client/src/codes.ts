/**
 * What went wrong, and whether trying again can help.
 *
 * Anything not listed as final is worth another try: the session outlives its connections, and every
 * request that changes something carries a requestId, so that a repeat does no harm.
 */
import { CLOSE_CODES, type ErrorCode } from "./protocol.generated.ts";

/** What the client itself finds wrong, beside the protocol's error codes. */
export type ClientErrorCode =
  /** The connection went before the reply came. */
  | "CONNECTION_LOST"
  /** No reply in time. */
  | "TIMEOUT"
  /** The WebSocket handshake failed; a browser does not say why. */
  | "UPGRADE_FAILED"
  /** The server closed for something that we would only do again. */
  | "PROTOCOL_VIOLATION"
  /** The bounded queue had no room. */
  | "QUEUE_FULL"
  /** The speaker resumed the session elsewhere. */
  | "REPLACED"
  /** The connection was closed by its user. */
  | "CLOSED";

export type FailureCode = ErrorCode | ClientErrorCode;

/** Codes a client uses itself; 4000-4999 is the range that RFC 6455 leaves to applications. */
export const ClientCloseCode = { normal: CLOSE_CODES.normal, deadPeer: 4000, attachFailed: 4001 } as const;

/** Errors after which another try can succeed. Every other one is surfaced at once, for the reason beside it. */
const RETRYABLE: ReadonlySet<FailureCode> = new Set<FailureCode>([
  "CONNECTION_LOST",
  "TIMEOUT",
  "UPGRADE_FAILED",
  "RATE_LIMITED", // after its retryAfter
  "UNAVAILABLE",
  "INTERNAL", // one bad invocation must not end a broadcast; but a request is repeated once, and no more
  // Not UNAUTHORIZED, FORBIDDEN: the same user is refused again; only a new sign-in helps.
  // Not TOKEN_EXPIRED: a fresh token helps, waiting does not; the connection asks for one and repeats.
  // Not INVALID_*, UNSUPPORTED_LANGUAGE, UNKNOWN_ACTION, PAYLOAD_TOO_LARGE: the same bytes stay wrong.
  // Not SESSION_NOT_FOUND, SESSION_ENDED: a session does not come back.
  // Not SESSION_FULL: the person should know; only a listener who was in already waits for a place.
  // Not CONFLICT: this connection is attached to another session.
  // Not REPLACED: two devices would take the session from each other for ever.
  // Not QUEUE_FULL, CLOSED, PROTOCOL_VIOLATION: the client's own doing.
]);

export function isRetryable(code: FailureCode): boolean {
  return RETRYABLE.has(code);
}

/**
 * Close codes after which a new connection would only meet the same end. All others are tried again:
 * 1000 and 1001 too, since API Gateway closes so at its idle and two-hour limits and when the server
 * removes a connection in order that its client comes back and recovers.
 */
const FINAL_CLOSE_CODES: ReadonlySet<number> = new Set([
  1002, // we broke the WebSocket protocol
  CLOSE_CODES.unsupportedData, // we sent binary
  1007, // we sent text that is not UTF-8
  CLOSE_CODES.tooBig, // we sent too much at once; sizes are checked before sending, so this is a bug
]);

export function closeFailure(closeCode: number): FailureCode {
  return FINAL_CLOSE_CODES.has(closeCode) ? "PROTOCOL_VIOLATION" : "CONNECTION_LOST";
}
