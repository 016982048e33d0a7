/**
 * The protocol's messages, error codes and close codes.
 *
 * Generated from protocol/schema.json by `python -m protocol`; do not edit.
 */

export const SUBPROTOCOL = "websocket-sessions.v1";
export const TOKEN_SUBPROTOCOL_PREFIX = "bearer.";

/** ISO 639-1, two small letters. Which of them a stack serves is its `supportedLanguages` setting. */
export const LANGUAGES = [
  "aa", "ab", "ae", "af", "ak", "am", "an", "ar", "as", "av", "ay", "az", "ba", "be", "bg", "bi",
  "bm", "bn", "bo", "br", "bs", "ca", "ce", "ch", "co", "cr", "cs", "cu", "cv", "cy", "da", "de",
  "dv", "dz", "ee", "el", "en", "eo", "es", "et", "eu", "fa", "ff", "fi", "fj", "fo", "fr", "fy",
  "ga", "gd", "gl", "gn", "gu", "gv", "ha", "he", "hi", "ho", "hr", "ht", "hu", "hy", "hz", "ia",
  "id", "ie", "ig", "ii", "ik", "io", "is", "it", "iu", "ja", "jv", "ka", "kg", "ki", "kj", "kk",
  "kl", "km", "kn", "ko", "kr", "ks", "ku", "kv", "kw", "ky", "la", "lb", "lg", "li", "ln", "lo",
  "lt", "lu", "lv", "mg", "mh", "mi", "mk", "ml", "mn", "mr", "ms", "mt", "my", "na", "nb", "nd",
  "ne", "ng", "nl", "nn", "no", "nr", "nv", "ny", "oc", "oj", "om", "or", "os", "pa", "pi", "pl",
  "ps", "pt", "qu", "rm", "rn", "ro", "ru", "rw", "sa", "sc", "sd", "se", "sg", "si", "sk", "sl",
  "sm", "sn", "so", "sq", "sr", "ss", "st", "su", "sv", "sw", "ta", "te", "tg", "th", "ti", "tk",
  "tl", "tn", "to", "tr", "ts", "tt", "tw", "ty", "ug", "uk", "ur", "uz", "ve", "vi", "vo", "wa",
  "wo", "xh", "yi", "yo", "za", "zh", "zu",
] as const;
export type Language = (typeof LANGUAGES)[number];

/** The service level that the speaker asks for. */
export const QUALITIES = [
  "standard", "premium",
] as const;
export type Quality = (typeof QUALITIES)[number];

/** A session's state. */
export const STATUSES = [
  "active", "paused", "ended",
] as const;
export type Status = (typeof STATUSES)[number];

/** A state that the speaker can set; `endSession` ends. */
export const OPEN_STATUSES = [
  "active", "paused",
] as const;
export type OpenStatus = (typeof OPEN_STATUSES)[number];

/** Why a session ended: by its speaker, by its lifetime, or by a speaker who stayed away longer than the grace. */
export const END_REASONS = [
  "ended", "expired", "speakerGone",
] as const;
export type EndReason = (typeof END_REASONS)[number];

/** What the connection is attached as. */
export const ROLES = [
  "speaker", "listener",
] as const;
export type Role = (typeof ROLES)[number];

/** How `data` is written, for the listeners; the server does not decode it. */
export const ENCODINGS = [
  "utf8", "base64",
] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** What went wrong; clients decide by this and not by the text. */
export const ERROR_CODES = [
  "INVALID_MESSAGE", "UNKNOWN_ACTION", "UNAUTHORIZED", "TOKEN_EXPIRED", "FORBIDDEN",
  "SESSION_NOT_FOUND", "SESSION_ENDED", "SESSION_FULL", "INVALID_SESSION_ID", "INVALID_LANGUAGE",
  "UNSUPPORTED_LANGUAGE", "INVALID_QUALITY", "RATE_LIMITED", "PAYLOAD_TOO_LARGE", "CONFLICT",
  "UNAVAILABLE", "INTERNAL",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Makes a session and attaches this connection as its speaker. */
export interface CreateSession {
  action: "createSession";
  requestId?: string;
  sourceLanguage: Language;
  quality: Quality;
}

/** Attaches this connection as a listener. With a position, what was missed is pushed in order before the reply; sent again on the joined connection, it recovers a gap, and after the session's end it recovers the last messages. */
export interface JoinSession {
  action: "joinSession";
  requestId?: string;
  sessionId: string;
  targetLanguage: Language;
  /** The epoch of the position that the client has. */
  epoch?: string;
  /** The offset up to which the client has everything. */
  offset?: number;
}

/** Attaches this connection as the speaker of a session that the user owns. Raises the generation: an older connection is told and loses its rights. */
export interface ResumeSession {
  action: "resumeSession";
  requestId?: string;
  sessionId: string;
  /** The epoch of the position that the client has. */
  epoch?: string;
  /** The offset up to which the client has everything. */
  offset?: number;
}

/** Appends one message to the session's log and sends it to the listeners. */
export interface Publish {
  action: "publish";
  requestId?: string;
  data: string;
  contentType?: string;
  encoding?: Encoding;
  /** Only listeners with one of these target languages get the data; the others get the offset with `skipped`. */
  targetLanguages?: readonly Language[];
}

/** Pauses or continues the session, or changes its quality; at least one of the two. */
export interface UpdateSession {
  action: "updateSession";
  requestId?: string;
  status?: OpenStatus;
  quality?: Quality;
}

/** Ends the session for everyone. */
export interface EndSession {
  action: "endSession";
  requestId?: string;
}

/** Detaches this connection. A speaker who leaves starts the grace. */
export interface LeaveSession {
  action: "leaveSession";
  requestId?: string;
}

/** Tells a session's state; without an id that of the session attached to. */
export interface GetSession {
  action: "getSession";
  requestId?: string;
  sessionId?: string;
}

/** Keeps the connection from its idle cut, and shows that it is alive. */
export interface Heartbeat {
  action: "heartbeat";
  requestId?: string;
}

/** Replaces the connection's token by a later one of the same subject. */
export interface RefreshToken {
  action: "refreshToken";
  requestId?: string;
  token: string;
}

/** The session is made, and this connection is its speaker. */
export interface SessionCreated {
  type: "sessionCreated";
  requestId?: string;
  sessionId: string;
  status: Status;
  sourceLanguage: Language;
  quality: Quality;
  version: number;
  epoch: string;
  /** The position of the session's last message. */
  offset: number;
  generation: number;
  /** How many listeners are joined. */
  listeners: number;
  /** How many may be. */
  maxListeners: number;
  createdAt: string;
  expiresAt: string;
}

/** This connection is a listener of the session; with `status` `ended` it is not, and has what was missed. */
export type SessionJoined = {
  type: "sessionJoined";
  requestId?: string;
  sessionId: string;
  status: Status;
  sourceLanguage: Language;
  targetLanguage: Language;
  quality: Quality;
  version: number;
  epoch: string;
  /** The position from which live messages follow; all up to it were before the join. */
  offset: number;
  /** Why the session ended, if it has. */
  endReason?: EndReason;
} & (
  | { replayed: number; more?: true; reset?: undefined }
  | { replayed?: undefined; more?: undefined; reset: true }
);

/** This connection is the session's speaker. */
export type SessionResumed = {
  type: "sessionResumed";
  requestId?: string;
  sessionId: string;
  status: Status;
  sourceLanguage: Language;
  quality: Quality;
  version: number;
  epoch: string;
  /** The position of the session's last message. */
  offset: number;
  generation: number;
  /** How many listeners are joined. */
  listeners: number;
  /** How many may be. */
  maxListeners: number;
  createdAt: string;
  expiresAt: string;
} & (
  | { replayed: number; more?: true; reset?: undefined }
  | { replayed?: undefined; more?: undefined; reset: true }
  | { replayed?: undefined; more?: undefined; reset?: undefined }
);

/** The message is in the log at this offset, and reaches every listener that is, or comes back while the log is kept. */
export interface Published {
  type: "published";
  requestId?: string;
  sessionId: string;
  offset: number;
}

/** The session's status or quality changed. */
export interface SessionUpdated {
  type: "sessionUpdated";
  requestId?: string;
  sessionId: string;
  status: Status;
  quality: Quality;
  version: number;
}

/** The session is over. */
export interface SessionEnded {
  type: "sessionEnded";
  requestId?: string;
  sessionId: string;
  reason: EndReason;
  epoch: string;
  /** The position of the session's last message. */
  offset: number;
}

/** This connection is attached to no session any more. */
export interface SessionLeft {
  type: "sessionLeft";
  requestId?: string;
  sessionId: string;
}

/** A session's state. */
export interface SessionState {
  type: "session";
  requestId?: string;
  sessionId: string;
  status: Status;
  sourceLanguage: Language;
  quality: Quality;
  version: number;
  epoch: string;
  /** The position of the session's last message. */
  offset: number;
  /** How many listeners are joined. */
  listeners: number;
  /** How many may be. */
  maxListeners: number;
  createdAt: string;
  expiresAt: string;
  role?: Role;
}

/** The connection is alive. */
export interface HeartbeatAck {
  type: "heartbeatAck";
  requestId?: string;
  serverTime: number;
  connectedAt: number;
}

/** The connection's rights last until the new token runs out. */
export interface TokenRefreshed {
  type: "tokenRefreshed";
  requestId?: string;
  expiresAt: string;
}

/** One message of the session's log, or the mark that this offset was not for the listener's language. */
export type SessionMessage = {
  type: "message";
  sessionId: string;
  epoch: string;
  offset: number;
} & (
  | { data: string; contentType: string; encoding: Encoding; publishedAt: string; skipped?: undefined }
  | { data?: undefined; contentType?: undefined; encoding?: undefined; publishedAt?: undefined; skipped: true }
);

/** How many listeners the session has, to its speaker; changes within a second come as one. */
export interface Presence {
  type: "presence";
  sessionId: string;
  /** How many listeners are joined. */
  listeners: number;
}

/** Keeps the connection from its idle cut; needs no answer. */
export interface KeepAlive {
  type: "keepAlive";
  serverTime: number;
}

/** The two-hour cut comes near: open a second connection, resume or join there with the last position, then close this one. */
export interface ConnectionRefreshRequired {
  type: "connectionRefreshRequired";
  /** Seconds until API Gateway cuts the connection. */
  secondsLeft: number;
}

/** The connection's token runs out soon: send `refreshToken` with a fresh one. */
export interface TokenExpiring {
  type: "tokenExpiring";
  /** Seconds until the token runs out. */
  secondsLeft: number;
}

/** The speaker resumed on another connection; this one has no rights any more and may close. */
export interface ConnectionReplaced {
  type: "connectionReplaced";
  sessionId: string;
  /** The generation of the newer attachment. */
  generation: number;
}

/** The request was refused, or failed. */
export interface ErrorMessage {
  type: "error";
  requestId?: string;
  code: ErrorCode;
  /** For people; it names the property and what is allowed. */
  message: string;
  /** Seconds after which to try again; there only where waiting helps. */
  retryAfter?: number;
}

/** Body of POST /sessions. */
export interface CreateSessionBody {
  sourceLanguage: Language;
  quality: Quality;
}

/** Body of PATCH /sessions/{sessionId}; at least one of the two. */
export interface UpdateSessionBody {
  status?: OpenStatus;
  quality?: Quality;
}

/** The session that POST /sessions made; the fields of `sessionCreated`. */
export interface CreatedSessionBody {
  sessionId: string;
  status: Status;
  sourceLanguage: Language;
  quality: Quality;
  version: number;
  epoch: string;
  /** The position of the session's last message. */
  offset: number;
  generation: number;
  /** How many listeners are joined. */
  listeners: number;
  /** How many may be. */
  maxListeners: number;
  createdAt: string;
  expiresAt: string;
}

/** The session's state; the fields of `session`. */
export interface SessionBody {
  sessionId: string;
  status: Status;
  sourceLanguage: Language;
  quality: Quality;
  version: number;
  epoch: string;
  /** The position of the session's last message. */
  offset: number;
  /** How many listeners are joined. */
  listeners: number;
  /** How many may be. */
  maxListeners: number;
  createdAt: string;
  expiresAt: string;
}

/** What PATCH left; the fields of `sessionUpdated`. */
export interface UpdatedSessionBody {
  sessionId: string;
  status: Status;
  quality: Quality;
  version: number;
}

/** The fields of `sessionEnded`. */
export interface EndedSessionBody {
  sessionId: string;
  reason: EndReason;
  epoch: string;
  /** The position of the session's last message. */
  offset: number;
}

/** An error as application/problem+json (RFC 9457) with the protocol's code. */
export interface Problem {
  type: "about:blank";
  /** The HTTP status in words. */
  title: string;
  /** The HTTP status. */
  status: number;
  /** For people; it names the property and what is allowed. */
  detail: string;
  code: ErrorCode;
  /** As in the Retry-After header; there only where waiting helps. */
  retryAfter?: number;
}

/** What a client sends. */
export type ClientMessage =
  | CreateSession
  | JoinSession
  | ResumeSession
  | Publish
  | UpdateSession
  | EndSession
  | LeaveSession
  | GetSession
  | Heartbeat
  | RefreshToken;

/** What a client receives. */
export type ServerMessage =
  | SessionCreated
  | SessionJoined
  | SessionResumed
  | Published
  | SessionUpdated
  | SessionEnded
  | SessionLeft
  | SessionState
  | HeartbeatAck
  | TokenRefreshed
  | SessionMessage
  | Presence
  | KeepAlive
  | ConnectionRefreshRequired
  | TokenExpiring
  | ConnectionReplaced
  | ErrorMessage;

/** What answers a request. */
export type Reply =
  | SessionCreated
  | SessionJoined
  | SessionResumed
  | Published
  | SessionUpdated
  | SessionEnded
  | SessionLeft
  | SessionState
  | HeartbeatAck
  | TokenRefreshed
  | ErrorMessage;

/** What comes unasked. */
export type Push =
  | SessionUpdated
  | SessionEnded
  | SessionMessage
  | Presence
  | KeepAlive
  | ConnectionRefreshRequired
  | TokenExpiring
  | ConnectionReplaced
  | ErrorMessage;

/** The reply to each action; any of them may be answered by `error` instead. */
export interface ReplyOf {
  createSession: SessionCreated;
  joinSession: SessionJoined;
  resumeSession: SessionResumed;
  publish: Published;
  updateSession: SessionUpdated;
  endSession: SessionEnded;
  leaveSession: SessionLeft;
  getSession: SessionState;
  heartbeat: HeartbeatAck;
  refreshToken: TokenRefreshed;
}

/** For each error code its HTTP status, and whether the same request can succeed later. */
export const ERRORS: Readonly<Record<ErrorCode, { status: number; waitingHelps: boolean }>> = {
  INVALID_MESSAGE: { status: 400, waitingHelps: false },
  UNKNOWN_ACTION: { status: 404, waitingHelps: false },
  UNAUTHORIZED: { status: 401, waitingHelps: false },
  TOKEN_EXPIRED: { status: 401, waitingHelps: false },
  FORBIDDEN: { status: 403, waitingHelps: false },
  SESSION_NOT_FOUND: { status: 404, waitingHelps: false },
  SESSION_ENDED: { status: 410, waitingHelps: false },
  SESSION_FULL: { status: 409, waitingHelps: true },
  INVALID_SESSION_ID: { status: 400, waitingHelps: false },
  INVALID_LANGUAGE: { status: 400, waitingHelps: false },
  UNSUPPORTED_LANGUAGE: { status: 400, waitingHelps: false },
  INVALID_QUALITY: { status: 400, waitingHelps: false },
  RATE_LIMITED: { status: 429, waitingHelps: true },
  PAYLOAD_TOO_LARGE: { status: 413, waitingHelps: false },
  CONFLICT: { status: 409, waitingHelps: false },
  UNAVAILABLE: { status: 503, waitingHelps: true },
  INTERNAL: { status: 500, waitingHelps: false },
};

/** Close codes that a client meets. */
export const CLOSE_CODES = {
  /** A normal close: the client left or handed over to a newer connection, or the server removed it. */
  normal: 1000,
  /** API Gateway cut the connection: ten minutes idle, or two hours old. */
  goingAway: 1001,
  /** The client sent a binary frame; API Gateway takes text only. */
  unsupportedData: 1003,
  /** No close frame came: the network went, or the handshake was refused (401, 403, 429). */
  abnormal: 1006,
  /** API Gateway closed the connection for sending too fast. */
  policy: 1008,
  /** A frame above 32 KB or a message above 128 KB. */
  tooBig: 1009,
  /** API Gateway met an error of its own. */
  serverError: 1011,
} as const;

export type CloseCode = (typeof CLOSE_CODES)[keyof typeof CLOSE_CODES];
