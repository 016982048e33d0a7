import { SessionError, type ConnectionState, type EndReason, type FailureCode } from "../client/index.ts";

/** What each failure means to a person, and what they can do. */
const FAILURES: Readonly<Partial<Record<FailureCode, string>>> = {
  UNAUTHORIZED: "You are not signed in any more, or your sign-in was refused. Sign in again.",
  TOKEN_EXPIRED: "Your sign-in has run out. Sign in again.",
  FORBIDDEN: "Your account may not do this.",
  SESSION_NOT_FOUND: "There is no session with this id. Check it with the speaker.",
  SESSION_ENDED: "This session is over.",
  SESSION_FULL: "This session is full. Try again when someone has left.",
  INVALID_SESSION_ID: "This is not a session id. One looks like caring-king-275.",
  INVALID_LANGUAGE: "This language is not known. Choose another one.",
  UNSUPPORTED_LANGUAGE: "This language is not offered here. Choose another one.",
  INVALID_QUALITY: "This quality is not offered here. Choose another one.",
  RATE_LIMITED: "That was too often in a short time. Wait a little, then try again.",
  PAYLOAD_TOO_LARGE: "A piece of audio was too large to send.",
  CONFLICT: "Another session is running here already. End it first, or reload the page.",
  UNAVAILABLE: "The service cannot be reached just now. Try again in a moment.",
  INTERNAL: "Something went wrong in the service. Try again in a moment.",
  CONNECTION_LOST: "The connection was lost. Check your network.",
  TIMEOUT: "The service does not answer. Check your network, then try again.",
  UPGRADE_FAILED: "The service cannot be reached. Check your network; a firewall may be blocking WebSockets.",
  QUEUE_FULL: "The connection is too slow: some of what you said was dropped.",
  REPLACED: "You went on with this session in another window or on another device.",
};

export function failureWords(error: unknown): string {
  if (error instanceof SessionError) return FAILURES[error.code] ?? error.message;
  return error instanceof Error ? error.message : String(error);
}

const END_WORDS: Readonly<Record<EndReason, string>> = {
  ended: "The speaker ended it.",
  expired: "It reached the longest time that a session may last.",
  speakerGone: "The speaker was away for too long.",
};

/** @param reason nothing where the end came while this person was cut off. */
export function endWords(reason: EndReason | undefined): string {
  return reason === undefined ? "It ended while you were away." : END_WORDS[reason];
}

/** @param now epoch milliseconds. */
export function connectionWords(state: ConnectionState, now: number): string {
  switch (state.name) {
    case "idle":
      return "Not connected";
    case "connecting":
      return state.attempt === 0 ? "Connecting…" : "Connecting again…";
    case "open":
      return "Connected";
    case "handingOver":
      return "Connected, moving to a fresh connection";
    case "waitingToRetry": {
      const seconds = Math.ceil((state.retryAt - now) / 1000);
      return seconds > 0 ? `Connection lost, next try in ${seconds} s` : "Connection lost, trying again…";
    }
    case "closed":
      return "Disconnected";
  }
}

/** Whole seconds as 0:05, 12:34 or 1:02:03. */
export function clockWords(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number): string => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
