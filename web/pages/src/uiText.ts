import { SessionError, type ConnectionState, type EndReason, type FailureCode } from "websocket-sessions";

/** For each failure code, its meaning to a person and the remedy. */
const FAILURE_TEXTS: Readonly<Partial<Record<FailureCode, string>>> = {
  UNAUTHORIZED: "You are signed out, or your sign-in was refused. Sign in again.",
  TOKEN_EXPIRED: "Your sign-in has expired. Sign in again.",
  FORBIDDEN: "Your account is not allowed to do this.",
  SESSION_NOT_FOUND: "There is no session with this id. Check the id with the speaker.",
  SESSION_ENDED: "This session has ended.",
  SESSION_FULL: "This session is full. Try again after someone has left.",
  INVALID_SESSION_ID: "This is not a session id. A session id looks like caring-king-275.",
  INVALID_LANGUAGE: "This language is unknown. Choose another one.",
  UNSUPPORTED_LANGUAGE: "This language is unavailable here. Choose another one.",
  INVALID_QUALITY: "This quality is unavailable here. Choose another one.",
  RATE_LIMITED: "Too many requests in a short time. Wait a moment, then try again.",
  PAYLOAD_TOO_LARGE: "A piece of audio was too large to send.",
  CONFLICT: "Another session is already running here. End it first, or reload the page.",
  UNAVAILABLE: "The service is unavailable. Try again in a moment.",
  INTERNAL: "The service failed. Try again in a moment.",
  CONNECTION_LOST: "The connection was lost. Check your network.",
  TIMEOUT: "The service did not answer in time. Check your network, then try again.",
  UPGRADE_FAILED: "The service cannot be reached. Check your network: a firewall may block WebSockets.",
  QUEUE_FULL: "The connection is too slow. Some of your audio was dropped.",
  REPLACED: "You continued this session in another window or on another device.",
};

/** Returns the text for an error; an error without a text of its own shows its message. */
export function failureText(error: unknown): string {
  // A time limit that passed because no WebSocket opened: the firewall is what the person can do something about.
  const { cause } = error instanceof SessionError ? error : {};
  if (cause instanceof SessionError && cause.code === "UPGRADE_FAILED") return failureText(cause);
  if (error instanceof SessionError) return FAILURE_TEXTS[error.code] ?? error.message;
  return error instanceof Error ? error.message : String(error);
}

const END_TEXTS: Readonly<Record<EndReason, string>> = {
  ended: "The speaker ended it.",
  expired: "It reached the maximum duration of a session.",
  speakerGone: "The speaker was away for too long.",
};

/** @param reason undefined if the session ended while this person was disconnected. */
export function endText(reason: EndReason | undefined): string {
  return reason === undefined ? "It ended while you were away." : END_TEXTS[reason];
}

/**
 * Returns what happens if the speaker stays away; empty while the speaker is there.
 *
 * @param graceEndsAt the end of the grace period, as an ISO 8601 time.
 * @param serverNow epoch milliseconds by the server's clock.
 */
export function absenceText(graceEndsAt: string | undefined, serverNow: number): string {
  if (graceEndsAt === undefined) return "";
  const left = Date.parse(graceEndsAt) - serverNow;
  if (left <= 0) return "The session ends now unless they return.";
  return `The session ends in ${durationText(left)} if they do not return.`;
}

/** @param now epoch milliseconds. */
export function connectionText(state: ConnectionState, now: number): string {
  switch (state.name) {
    case "idle":
      return "Not connected";
    case "connecting":
      return state.attempt === 0 ? "Connecting…" : "Reconnecting…";
    case "open":
      return "Connected";
    case "handingOver":
      return "Connected, switching to a new connection";
    case "waitingToRetry": {
      const seconds = Math.ceil((state.retryAt - now) / 1000);
      return seconds > 0 ? `Connection lost, retrying in ${seconds} s` : "Connection lost, retrying…";
    }
    case "closed":
      return "Disconnected";
  }
}

/** The time that a person waits without an explanation. */
const UNEXPLAINED_WAIT_MS = 5000;

/**
 * Returns why a session is not open yet and what the page tries; empty during the first seconds.
 *
 * @param since epoch milliseconds at which the person asked for the session; undefined if no person waits.
 */
export function progressText(state: ConnectionState, since: number | undefined, now: number): string {
  if (since === undefined || now - since < UNEXPLAINED_WAIT_MS) return "";
  if (state.name === "waitingToRetry") return `${failureText(state.error)} The page tries again.`;
  if (state.name === "open" || state.name === "handingOver") return "";
  return "The connection does not open yet. The page still tries: the network may be slow, or a firewall may block WebSockets.";
}

/** Formats a duration in whole seconds as 0:05, 12:34 or 1:02:03; a negative one as 0:00. */
export function durationText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number): string => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
