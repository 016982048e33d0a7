/**
 * Failure codes, and whether another attempt can succeed.
 *
 * Another attempt does no harm: the session outlives its connections, and each request that changes
 * something carries a requestId.
 */
import type { ErrorCode } from "./protocol.generated.ts";

/** Failures that the client finds itself, beside the protocol's error codes. */
export type ClientErrorCode =
  /** The connection closed before the reply arrived. */
  | "CONNECTION_LOST"
  /** A time limit passed. */
  | "TIMEOUT"
  /** The WebSocket handshake failed; a browser does not show why. */
  | "UPGRADE_FAILED"
  /** The server closed the connection because of a message that it does not accept. */
  | "PROTOCOL_VIOLATION"
  /** A bounded queue was full. */
  | "QUEUE_FULL"
  /** The session was resumed on another connection. */
  | "REPLACED"
  /** The application closed the connection. */
  | "CLOSED"
  /** A function of the application, such as the token provider, has a programming error; see `cause`. */
  | "APPLICATION_ERROR";

export type FailureCode = ErrorCode | ClientErrorCode;

/** Close codes that the client sends; RFC 6455 leaves 4000 to 4999 to applications. */
export const CLOSE_NORMAL = 1000;
export const CLOSE_DEAD_PEER = 4000;
export const CLOSE_ATTACH_FAILED = 4001;

/** Codes after which another attempt can succeed. All others are final, for the reason given here. */
export const RETRYABLE_CODES: readonly FailureCode[] = [
  "CONNECTION_LOST",
  "TIMEOUT",
  "UPGRADE_FAILED",
  "RATE_LIMITED", // after retryAfter
  "UNAVAILABLE",
  "INTERNAL", // one failed invocation must not end a broadcast; a request is repeated once
  // Not UNAUTHORIZED, FORBIDDEN: the same user is refused again; only a new sign-in helps.
  // Not TOKEN_EXPIRED: waiting does not help; the connection gets a new token and repeats the request.
  // Not INVALID_*, UNSUPPORTED_LANGUAGE, UNKNOWN_ACTION, PAYLOAD_TOO_LARGE: the same bytes stay wrong.
  // Not SESSION_NOT_FOUND, SESSION_ENDED: an ended session does not start again.
  // Not SESSION_FULL: a new listener should know; only a listener that was in the session waits for a place.
  // Not CONFLICT: the connection is attached to another session.
  // Not REPLACED: two devices would take the session from each other endlessly.
  // Not QUEUE_FULL, CLOSED, PROTOCOL_VIOLATION, APPLICATION_ERROR: the application is the cause.
];

/**
 * Close codes that answer one of the client's own messages. The client reconnects as after any other close
 * code, but it does not repeat the requests that were under way: one of them was the cause.
 */
const MESSAGE_CLOSE_CODES: readonly number[] = [
  1002, // a frame broke the WebSocket protocol
  1003, // a binary frame
  1007, // text that is not UTF-8
  1009, // a frame that is too long
];

/** Returns the failure of the requests under way when the server closes with this code. */
export function closeFailure(closeCode: number): FailureCode {
  return MESSAGE_CLOSE_CODES.includes(closeCode) ? "PROTOCOL_VIOLATION" : "CONNECTION_LOST";
}
