/**
 * The messages, error codes and close codes of the session protocol.
 *
 * Generated from protocol/schema.json by `python -m protocol`; do not edit.
 */

export const SUBPROTOCOL = "websocket-sessions.v1";
export const TOKEN_SUBPROTOCOL_PREFIX = "bearer.";

/** An ISO 639-1 code in lowercase. The setting `supportedLanguages` lists the codes that a stack supports. */
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

/** The service level that the speaker requests. */
export const QUALITIES = [
  "standard", "premium",
] as const;
export type Quality = (typeof QUALITIES)[number];

/** The session's state. */
export const STATUSES = [
  "active", "paused", "ended",
] as const;
export type Status = (typeof STATUSES)[number];

/** A state that the speaker can set. `endSession` ends the session. */
export const OPEN_STATUSES = [
  "active", "paused",
] as const;
export type OpenStatus = (typeof OPEN_STATUSES)[number];

/** Why the session ended: the speaker ended it (`ended`), its lifetime passed (`expired`), or the speaker did not return within the grace period (`speakerGone`). */
export const END_REASONS = [
  "ended", "expired", "speakerGone",
] as const;
export type EndReason = (typeof END_REASONS)[number];

/** The role of this connection in the session. */
export const ROLES = [
  "speaker", "listener",
] as const;
export type Role = (typeof ROLES)[number];

/** The encoding of `data`. The server rejects invalid base64. */
export const ENCODINGS = [
  "utf8", "base64",
] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** The error code. Clients act on the code, not on the text. */
export const ERROR_CODES = [
  "INVALID_MESSAGE", "UNKNOWN_ACTION", "UNAUTHORIZED", "TOKEN_EXPIRED", "FORBIDDEN",
  "SESSION_NOT_FOUND", "SESSION_ENDED", "SESSION_FULL", "INVALID_SESSION_ID", "INVALID_LANGUAGE",
  "UNSUPPORTED_LANGUAGE", "INVALID_QUALITY", "RATE_LIMITED", "PAYLOAD_TOO_LARGE", "CONFLICT",
  "UNAVAILABLE", "INTERNAL",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Where and how to subscribe to the channel of a session's audience in one language. */
export interface ChannelOffer {
  /** The service that carries the channel. A client ignores an offer of a service that it does not know. */
  service: "appSyncEvents";
  /** The WebSocket URL of the service. */
  url: string;
  /** The host that the client names when it authorizes itself. */
  host: string;
  /** The name of the channel: that of the session, its epoch and the target language. */
  name: string;
  /** The token with which the client connects and subscribes to this channel, within five minutes of the reply. */
  authorization: string;
}

/** Creates a session and attaches this connection as its speaker. */
export interface CreateSession {
  action: "createSession";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
  /** The language that the speaker speaks. */
  sourceLanguage: Language;
  quality: Quality;
}

/** Attaches this connection as a listener. With a position (`epoch` and `offset`), the server first pushes the missed messages in order, then replies. On a connection that has already joined, the request recovers a gap. After the session has ended, it recovers the last messages. */
export interface JoinSession {
  action: "joinSession";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
  /** The session id: adjective-noun-NNN, with NNN from 100 to 999. With `longSessionIds`, 16 random characters follow. */
  sessionId: string;
  /** The language that the listener wants. */
  targetLanguage: Language;
  /** The epoch of the last message that the client has. */
  epoch?: string;
  /** The offset up to which the client has every message. */
  offset?: number;
  /** Whether the client receives the session's pushes in this language on the audience's channel, so that the server does not push them on this connection. Absent means false. */
  onChannel?: boolean;
}

/** Attaches this connection as the speaker of a session that the user owns, and increments the generation. The previous connection receives `connectionReplaced` and can no longer act as the speaker. */
export interface ResumeSession {
  action: "resumeSession";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
  /** The session id: adjective-noun-NNN, with NNN from 100 to 999. With `longSessionIds`, 16 random characters follow. */
  sessionId: string;
  /** The epoch of the last message that the client has. */
  epoch?: string;
  /** The offset up to which the client has every message. */
  offset?: number;
  /** The generation of the client's own latest attachment. The server answers `CONFLICT` if a later one exists. A client that resumes by itself sends it; a client whose user asks to resume does not. */
  generation?: number;
}

/** Appends one message to the session's log and pushes it to the listeners. */
export interface Publish {
  action: "publish";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
  /** The message's content. The server does not interpret it. The push that carries it must fit into one frame of 32 KB. */
  data: string;
  /** The media type of `data`, for the listeners. The server does not interpret it. */
  contentType?: string;
  encoding?: Encoding;
  /** Only listeners with one of these target languages receive the data. The others receive the offset with `skipped`. */
  targetLanguages?: readonly Language[];
}

/** Pauses or continues the session, changes its quality, or informs the listeners that the speaker is muted. At least one of the three properties is required. */
export interface UpdateSession {
  action: "updateSession";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
  status?: OpenStatus;
  quality?: Quality;
  /** Whether the speaker is muted. The server passes this on; it does not change what may be published. */
  muted?: boolean;
}

/** Ends the session for the speaker and all listeners. */
export interface EndSession {
  action: "endSession";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
}

/** Detaches this connection from its session. If the speaker leaves, the grace period starts. */
export interface LeaveSession {
  action: "leaveSession";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
}

/** Requests the state of a session: the one with this id, or the attached one if the id is omitted. */
export interface GetSession {
  action: "getSession";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
  /** The session id: adjective-noun-NNN, with NNN from 100 to 999. With `longSessionIds`, 16 random characters follow. */
  sessionId?: string;
}

/** Resets the idle timeout and tests whether the connection works. */
export interface Heartbeat {
  action: "heartbeat";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
}

/** Replaces the connection's token with a newer one of the same user. */
export interface RefreshToken {
  action: "refreshToken";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
  /** A Cognito JWT. */
  token: string;
}

/** The session exists, and this connection is its speaker. */
export interface SessionCreated {
  type: "sessionCreated";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
  /** The session id: adjective-noun-NNN, with NNN from 100 to 999. With `longSessionIds`, 16 random characters follow. */
  sessionId: string;
  status: Status;
  /** The language that the speaker speaks. */
  sourceLanguage: Language;
  quality: Quality;
  /** The speaker is muted. Absent otherwise. */
  muted?: true;
  /** The speaker is away, and the session ends at this time unless the speaker returns. Absent otherwise. */
  graceEndsAt?: string;
  /** Counts the changes of the session's state. Of two states, the one with the higher version is newer. */
  version: number;
  /** Identifies one message log. Offsets of different epochs cannot be compared. */
  epoch: string;
  /** The offset of the session's last message. */
  offset: number;
  /** Counts the speaker's attachments. Only the connection with the latest generation may act as the speaker. */
  generation: number;
  /** The number of joined listeners. */
  listeners: number;
  /** The maximum number of listeners. */
  maxListeners: number;
  /** When the session was created. */
  createdAt: string;
  /** When the lifetime of the session ends. */
  expiresAt: string;
}

/** This connection is a listener of the session. If `status` is `ended`, the connection is not attached, but has received the missed messages. */
export type SessionJoined = {
  type: "sessionJoined";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
  /** The session id: adjective-noun-NNN, with NNN from 100 to 999. With `longSessionIds`, 16 random characters follow. */
  sessionId: string;
  status: Status;
  /** The language that the speaker speaks. */
  sourceLanguage: Language;
  /** The language that the listener wants. */
  targetLanguage: Language;
  quality: Quality;
  /** The speaker is muted. Absent otherwise. */
  muted?: true;
  /** The speaker is away, and the session ends at this time unless the speaker returns. Absent otherwise. */
  graceEndsAt?: string;
  /** Counts the changes of the session's state. Of two states, the one with the higher version is newer. */
  version: number;
  /** Identifies one message log. Offsets of different epochs cannot be compared. */
  epoch: string;
  /** The offset of the last message before the join. Later messages are pushed live. */
  offset: number;
  /** Why the session ended; absent while it is open. */
  endReason?: EndReason;
  /** The audience's channel, on which the client may receive the session's pushes. Absent if the session has none. */
  channel?: ChannelOffer;
  /** The session's pushes reach this client on the audience's channel, and not on this connection. Absent otherwise. */
  onChannel?: true;
} & (
  | { replayed: number; more?: true; reset?: undefined }
  | { replayed?: undefined; more?: undefined; reset: true }
);

/** This connection is the session's speaker. */
export type SessionResumed = {
  type: "sessionResumed";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
  /** The session id: adjective-noun-NNN, with NNN from 100 to 999. With `longSessionIds`, 16 random characters follow. */
  sessionId: string;
  status: Status;
  /** The language that the speaker speaks. */
  sourceLanguage: Language;
  quality: Quality;
  /** The speaker is muted. Absent otherwise. */
  muted?: true;
  /** The speaker is away, and the session ends at this time unless the speaker returns. Absent otherwise. */
  graceEndsAt?: string;
  /** Counts the changes of the session's state. Of two states, the one with the higher version is newer. */
  version: number;
  /** Identifies one message log. Offsets of different epochs cannot be compared. */
  epoch: string;
  /** The offset of the session's last message. */
  offset: number;
  /** Counts the speaker's attachments. Only the connection with the latest generation may act as the speaker. */
  generation: number;
  /** The number of joined listeners. */
  listeners: number;
  /** The maximum number of listeners. */
  maxListeners: number;
  /** When the session was created. */
  createdAt: string;
  /** When the lifetime of the session ends. */
  expiresAt: string;
} & (
  | { replayed: number; more?: true; reset?: undefined }
  | { replayed?: undefined; more?: undefined; reset: true }
  | { replayed?: undefined; more?: undefined; reset?: undefined }
);

/** The message is in the log at this offset. It reaches every joined listener, and every listener that returns while the message is retained. */
export interface Published {
  type: "published";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
  /** The session id: adjective-noun-NNN, with NNN from 100 to 999. With `longSessionIds`, 16 random characters follow. */
  sessionId: string;
  /** The offset of this message. */
  offset: number;
}

/** The session's status or quality has changed, or the speaker was muted or unmuted, went away or returned. */
export interface SessionUpdated {
  type: "sessionUpdated";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
  /** The session id: adjective-noun-NNN, with NNN from 100 to 999. With `longSessionIds`, 16 random characters follow. */
  sessionId: string;
  status: Status;
  quality: Quality;
  /** The speaker is muted. Absent otherwise. */
  muted?: true;
  /** The speaker is away, and the session ends at this time unless the speaker returns. Absent otherwise. */
  graceEndsAt?: string;
  /** Counts the changes of the session's state. Of two states, the one with the higher version is newer. */
  version: number;
}

/** The session has ended. */
export interface SessionEnded {
  type: "sessionEnded";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
  /** The session id: adjective-noun-NNN, with NNN from 100 to 999. With `longSessionIds`, 16 random characters follow. */
  sessionId: string;
  reason: EndReason;
  /** Identifies one message log. Offsets of different epochs cannot be compared. */
  epoch: string;
  /** The offset of the session's last message. */
  offset: number;
}

/** This connection is no longer attached to a session. */
export interface SessionLeft {
  type: "sessionLeft";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
  /** The session id: adjective-noun-NNN, with NNN from 100 to 999. With `longSessionIds`, 16 random characters follow. */
  sessionId: string;
}

/** The state of a session. */
export interface SessionState {
  type: "session";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
  /** The session id: adjective-noun-NNN, with NNN from 100 to 999. With `longSessionIds`, 16 random characters follow. */
  sessionId: string;
  status: Status;
  /** The language that the speaker speaks. */
  sourceLanguage: Language;
  quality: Quality;
  /** The speaker is muted. Absent otherwise. */
  muted?: true;
  /** The speaker is away, and the session ends at this time unless the speaker returns. Absent otherwise. */
  graceEndsAt?: string;
  /** Counts the changes of the session's state. Of two states, the one with the higher version is newer. */
  version: number;
  /** Identifies one message log. Offsets of different epochs cannot be compared. */
  epoch: string;
  /** The offset of the session's last message. */
  offset: number;
  /** The number of joined listeners. */
  listeners: number;
  /** The maximum number of listeners. */
  maxListeners: number;
  /** When the session was created. */
  createdAt: string;
  /** When the lifetime of the session ends. */
  expiresAt: string;
  role?: Role;
}

/** The connection works. */
export interface HeartbeatAck {
  type: "heartbeatAck";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
  /** The time at the server, in milliseconds since 1970-01-01T00:00:00Z. */
  serverTime: number;
  /** When the connection was opened, in milliseconds since 1970-01-01T00:00:00Z. */
  connectedAt: number;
}

/** The connection is authorized until the new token expires. */
export interface TokenRefreshed {
  type: "tokenRefreshed";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
  /** When the new token expires. */
  expiresAt: string;
}

/** One message of the session's log, or a placeholder (`skipped`) for a message that was published to other target languages. */
export type SessionMessage = {
  type: "message";
  /** The session id: adjective-noun-NNN, with NNN from 100 to 999. With `longSessionIds`, 16 random characters follow. */
  sessionId: string;
  /** Identifies one message log. Offsets of different epochs cannot be compared. */
  epoch: string;
  /** The offset of this message. */
  offset: number;
} & (
  | { data: string; contentType: string; encoding: Encoding; publishedAt: string; skipped?: undefined }
  | { data?: undefined; contentType?: undefined; encoding?: undefined; publishedAt?: undefined; skipped: true }
);

/** Consecutive messages in one push. A stack with the setting `coalescingInterval` sends them to large audiences. */
export interface MessageBatch {
  type: "batch";
  /** The session id: adjective-noun-NNN, with NNN from 100 to 999. With `longSessionIds`, 16 random characters follow. */
  sessionId: string;
  /** The messages in the order of their offsets. A client treats each one as if it had arrived alone. */
  messages: readonly SessionMessage[];
}

/** The number of listeners, for the speaker. Changes within about one second are combined. */
export interface Presence {
  type: "presence";
  /** The session id: adjective-noun-NNN, with NNN from 100 to 999. With `longSessionIds`, 16 random characters follow. */
  sessionId: string;
  /** The number of joined listeners. */
  listeners: number;
}

/** Resets the idle timeout. The client does not answer. */
export interface KeepAlive {
  type: "keepAlive";
  /** The time at the server, in milliseconds since 1970-01-01T00:00:00Z. */
  serverTime: number;
}

/** API Gateway will soon close this connection, because it reaches the two-hour limit. The client moves to a new connection (handover). */
export interface ConnectionRefreshRequired {
  type: "connectionRefreshRequired";
  /** Seconds until API Gateway closes the connection. */
  secondsLeft: number;
}

/** The connection's token will soon expire. The client sends `refreshToken` with a newer one. */
export interface TokenExpiring {
  type: "tokenExpiring";
  /** Seconds until the token expires. */
  secondsLeft: number;
}

/** The speaker resumed on another connection. This connection can no longer act as the speaker. */
export interface ConnectionReplaced {
  type: "connectionReplaced";
  /** The session id: adjective-noun-NNN, with NNN from 100 to 999. With `longSessionIds`, 16 random characters follow. */
  sessionId: string;
  /** The generation of the newer connection. */
  generation: number;
}

/** The request was rejected or failed. */
export interface ErrorMessage {
  type: "error";
  /** Chosen by the client and repeated in the reply. A retry with the same value takes effect once. */
  requestId?: string;
  code: ErrorCode;
  /** A text for people. It names the property and what is allowed, never the value. */
  message: string;
  /** Seconds to wait before a retry. Present only if a retry can succeed. */
  retryAfter?: number;
}

/** The body of POST /sessions. */
export interface CreateSessionBody {
  /** The language that the speaker speaks. */
  sourceLanguage: Language;
  quality: Quality;
}

/** The body of PATCH /sessions/{sessionId}. At least one of the three properties is required. */
export interface UpdateSessionBody {
  status?: OpenStatus;
  quality?: Quality;
  /** Whether the speaker is muted. The server passes this on; it does not change what may be published. */
  muted?: boolean;
}

/** The session that POST /sessions created, with the fields of `sessionCreated`. */
export interface CreatedSessionBody {
  /** The session id: adjective-noun-NNN, with NNN from 100 to 999. With `longSessionIds`, 16 random characters follow. */
  sessionId: string;
  status: Status;
  /** The language that the speaker speaks. */
  sourceLanguage: Language;
  quality: Quality;
  /** The speaker is muted. Absent otherwise. */
  muted?: true;
  /** The speaker is away, and the session ends at this time unless the speaker returns. Absent otherwise. */
  graceEndsAt?: string;
  /** Counts the changes of the session's state. Of two states, the one with the higher version is newer. */
  version: number;
  /** Identifies one message log. Offsets of different epochs cannot be compared. */
  epoch: string;
  /** The offset of the session's last message. */
  offset: number;
  /** Counts the speaker's attachments. Only the connection with the latest generation may act as the speaker. */
  generation: number;
  /** The number of joined listeners. */
  listeners: number;
  /** The maximum number of listeners. */
  maxListeners: number;
  /** When the session was created. */
  createdAt: string;
  /** When the lifetime of the session ends. */
  expiresAt: string;
}

/** The state of a session, with the fields of `session`. */
export interface SessionBody {
  /** The session id: adjective-noun-NNN, with NNN from 100 to 999. With `longSessionIds`, 16 random characters follow. */
  sessionId: string;
  status: Status;
  /** The language that the speaker speaks. */
  sourceLanguage: Language;
  quality: Quality;
  /** The speaker is muted. Absent otherwise. */
  muted?: true;
  /** The speaker is away, and the session ends at this time unless the speaker returns. Absent otherwise. */
  graceEndsAt?: string;
  /** Counts the changes of the session's state. Of two states, the one with the higher version is newer. */
  version: number;
  /** Identifies one message log. Offsets of different epochs cannot be compared. */
  epoch: string;
  /** The offset of the session's last message. */
  offset: number;
  /** The number of joined listeners. */
  listeners: number;
  /** The maximum number of listeners. */
  maxListeners: number;
  /** When the session was created. */
  createdAt: string;
  /** When the lifetime of the session ends. */
  expiresAt: string;
}

/** The session after PATCH, with the fields of `sessionUpdated`. */
export interface UpdatedSessionBody {
  /** The session id: adjective-noun-NNN, with NNN from 100 to 999. With `longSessionIds`, 16 random characters follow. */
  sessionId: string;
  status: Status;
  quality: Quality;
  /** The speaker is muted. Absent otherwise. */
  muted?: true;
  /** The speaker is away, and the session ends at this time unless the speaker returns. Absent otherwise. */
  graceEndsAt?: string;
  /** Counts the changes of the session's state. Of two states, the one with the higher version is newer. */
  version: number;
}

/** The ended session, with the fields of `sessionEnded`. */
export interface EndedSessionBody {
  /** The session id: adjective-noun-NNN, with NNN from 100 to 999. With `longSessionIds`, 16 random characters follow. */
  sessionId: string;
  reason: EndReason;
  /** Identifies one message log. Offsets of different epochs cannot be compared. */
  epoch: string;
  /** The offset of the session's last message. */
  offset: number;
}

/** An error as application/problem+json (RFC 9457), with the protocol's error code. */
export interface Problem {
  type: "about:blank";
  /** The reason phrase of the HTTP status. */
  title: string;
  /** The HTTP status. */
  status: number;
  /** A text for people. It names the property and what is allowed, never the value. */
  detail: string;
  code: ErrorCode;
  /** The value of the Retry-After header. Present only if a retry can succeed. */
  retryAfter?: number;
}

/** The messages that a client sends. */
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

/** The messages that a client receives. */
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
  | MessageBatch
  | Presence
  | KeepAlive
  | ConnectionRefreshRequired
  | TokenExpiring
  | ConnectionReplaced
  | ErrorMessage;

/** The replies to client messages. */
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

/** The messages that the server sends without a request. */
export type Push =
  | SessionUpdated
  | SessionEnded
  | SessionMessage
  | MessageBatch
  | Presence
  | KeepAlive
  | ConnectionRefreshRequired
  | TokenExpiring
  | ConnectionReplaced
  | ErrorMessage;

/** The reply to each action. The reply to any action may be `error` instead. */
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

/** The HTTP status of each error code, and whether the same request can succeed later. */
export const ERRORS: Readonly<Record<ErrorCode, { status: number; retryable: boolean }>> = {
  INVALID_MESSAGE: { status: 400, retryable: false },
  UNKNOWN_ACTION: { status: 404, retryable: false },
  UNAUTHORIZED: { status: 401, retryable: false },
  TOKEN_EXPIRED: { status: 401, retryable: false },
  FORBIDDEN: { status: 403, retryable: false },
  SESSION_NOT_FOUND: { status: 404, retryable: false },
  SESSION_ENDED: { status: 410, retryable: false },
  SESSION_FULL: { status: 409, retryable: true },
  INVALID_SESSION_ID: { status: 400, retryable: false },
  INVALID_LANGUAGE: { status: 400, retryable: false },
  UNSUPPORTED_LANGUAGE: { status: 400, retryable: false },
  INVALID_QUALITY: { status: 400, retryable: false },
  RATE_LIMITED: { status: 429, retryable: true },
  PAYLOAD_TOO_LARGE: { status: 413, retryable: false },
  CONFLICT: { status: 409, retryable: false },
  UNAVAILABLE: { status: 503, retryable: true },
  INTERNAL: { status: 500, retryable: false },
};

/** The WebSocket close codes that a client can receive. */
export const CLOSE_CODES = {
  /** Normal closure: by the client, or by the server when it removes the connection. */
  normal: 1000,
  /** API Gateway closed the connection: 10 minutes idle, or 2 hours old. */
  goingAway: 1001,
  /** The client sent a binary frame. API Gateway accepts text frames only. */
  unsupportedData: 1003,
  /** The connection ended without a close frame: the network failed, or the handshake was rejected (401, 403, 429). */
  abnormal: 1006,
  /** API Gateway closed the connection because the client sent too fast. */
  policy: 1008,
  /** A frame was larger than 32 KB, or a message larger than 128 KB. */
  tooBig: 1009,
  /** API Gateway had an internal error. */
  serverError: 1011,
} as const;

export type CloseCode = (typeof CLOSE_CODES)[keyof typeof CLOSE_CODES];
