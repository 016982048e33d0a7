import type {
  ClientMessage,
  EndReason,
  ErrorCode,
  Language,
  OpenStatus,
  Publish,
  ServerMessage,
  SessionEnded,
  SessionMessage,
} from "../src/protocol.generated.ts";
import type { FakeConnection } from "./fakeConnection.ts";
import type { FakeEventApi } from "./fakeEventApi.ts";

const EPOCH = "5f0c9a1e";
const FIXED = {
  epoch: EPOCH,
  listeners: 0,
  maxListeners: 500,
  createdAt: "2026-01-01T00:00:00Z",
  expiresAt: "2026-01-02T00:00:00Z",
} as const;

/** One session in memory: its log, its speaker's generation and its listeners. */
export class FakeSession {
  readonly log: SessionMessage[] = [];
  readonly listeners = new Set<FakeConnection>();
  /** The listeners that receive the session's pushes on the audience's channel. */
  readonly onChannel = new Set<FakeConnection>();
  /** The service of the audience's channel; the session offers none without it. */
  eventApi: FakeEventApi | undefined;
  /** Whether a listener that asks for the channel gets it. */
  grantsChannel = true;
  readonly #channelLanguages = new Set<Language>();
  readonly created = new Map<string, string>();
  /** Messages with a smaller offset are no longer kept. */
  logStart = 1;
  replayPage = 100;
  speaker: FakeConnection | undefined;
  /** Counts the changes of the session's state. */
  version = 1;
  /** The server's clock, in epoch milliseconds, relative to the tests'. */
  clockOffsetMs = 0;
  #generation = 0;
  /** The request that attached the speaker last. */
  #attachRequestId: string | undefined;
  #status: OpenStatus = "active";
  #muted = false;
  #endReason: EndReason | undefined;
  /** Whether its records are deleted. */
  isGone = false;
  readonly #published = new Map<string, number>();
  /** Pushes a message to a listener; a test may lose, repeat or reorder messages. */
  deliver: (message: SessionMessage, listener: FakeConnection) => void = (message, listener) =>
    listener.push(message);

  get status(): OpenStatus | "ended" {
    return this.#endReason ? "ended" : this.#status;
  }

  get isMuted(): boolean {
    return this.#muted;
  }

  get nowMs(): number {
    return Date.now() + this.clockOffsetMs;
  }

  forget(connection: FakeConnection): void {
    this.listeners.delete(connection);
    this.onChannel.delete(connection);
    if (this.speaker === connection) this.speaker = undefined;
  }

  append(data: string, { contentType = "text/plain", encoding = "utf8" }: Partial<Publish> = {}): number {
    const offset = this.log.length + 1;
    const message = { type: "message", sessionId: this.#id(), epoch: EPOCH, offset, data } as const;
    const logged = { ...message, contentType, encoding, publishedAt: FIXED.createdAt } as const;
    this.log.push(logged);
    for (const listener of this.listeners) if (!this.onChannel.has(listener)) this.deliver(logged, listener);
    this.publishOnChannel(logged);
    return offset;
  }

  /** Publishes a push on the channel of each language that has had listeners there. */
  publishOnChannel(message: ServerMessage): void {
    for (const language of this.#channelLanguages)
      this.eventApi?.publish(this.#channelName(language), message);
  }

  /** Ends the session and returns the message that says so. */
  end(reason: EndReason): SessionEnded {
    this.#endReason = reason;
    this.version++;
    return { type: "sessionEnded", sessionId: this.#id(), reason, epoch: EPOCH, offset: this.log.length };
  }

  handle(message: ClientMessage, connection: FakeConnection | undefined): ServerMessage {
    const requestId = message.requestId === undefined ? {} : { requestId: message.requestId };
    return { ...this.#reply(message, connection), ...requestId };
  }

  #reply(message: ClientMessage, connection: FakeConnection | undefined): ServerMessage {
    const sessionId = this.#id();
    switch (message.action) {
      case "createSession": {
        const key = message.requestId ?? "";
        if (!this.created.has(key)) this.created.set(key, `caring-king-${275 + this.created.size}`);
        return {
          type: "sessionCreated",
          ...this.#attachSpeaker(connection, message.requestId),
          sessionId: this.#id(),
        };
      }
      case "resumeSession":
        if (
          (message.generation ?? Infinity) < this.#generation &&
          message.requestId !== this.#attachRequestId
        )
          return error("CONFLICT");
        return { type: "sessionResumed", ...this.#attachSpeaker(connection, message.requestId) };
      case "publish": {
        if (connection !== this.speaker) return error("FORBIDDEN");
        const key = message.requestId ?? "";
        const offset = this.#published.get(key) ?? this.append(message.data, message);
        this.#published.set(key, offset);
        return { type: "published", sessionId, offset };
      }
      case "joinSession":
        return this.#join(message, connection);
      case "leaveSession":
        if (connection) this.forget(connection);
        return { type: "sessionLeft", sessionId };
      case "updateSession": {
        this.#status = message.status ?? this.#status;
        const { quality = "standard" } = message;
        this.#muted = message.muted ?? this.#muted;
        const [status, version] = [this.#status, ++this.version];
        return { type: "sessionUpdated", sessionId, status, quality, version, ...this.#speakerState() };
      }
      case "endSession":
        return this.end("ended");
      case "refreshToken":
        return { type: "tokenRefreshed", expiresAt: FIXED.expiresAt };
      case "heartbeat":
        return { type: "heartbeatAck", serverTime: this.nowMs, connectedAt: this.nowMs };
      default:
        return error("UNKNOWN_ACTION");
    }
  }

  #join(
    message: Extract<ClientMessage, { action: "joinSession" }>,
    connection: FakeConnection | undefined,
  ): ServerMessage {
    if (!connection) return error("FORBIDDEN");
    const { targetLanguage, offset } = message;
    const endReason = this.#endReason;
    if (this.isGone) return error("SESSION_NOT_FOUND");
    if (endReason && offset === undefined) return error("SESSION_ENDED");
    if (!endReason) this.listeners.add(connection);
    const onChannel =
      message.onChannel === true && this.eventApi !== undefined && this.grantsChannel && !endReason;
    this.onChannel[onChannel ? "add" : "delete"](connection);
    if (onChannel) this.#channelLanguages.add(targetLanguage);
    const channel = endReason ? undefined : this.eventApi?.offer(this.#channelName(targetLanguage));
    const joined = {
      type: "sessionJoined",
      sessionId: this.#id(),
      status: this.status,
      ...(endReason && { endReason }),
      sourceLanguage: "en",
      targetLanguage,
      quality: "standard",
      version: this.version,
      epoch: EPOCH,
      offset: this.log.length,
      ...this.#speakerState(),
      ...(channel && { channel }),
      ...(onChannel && { onChannel }),
    } as const;
    if (offset === undefined) return { ...joined, replayed: 0 };
    if (offset + 1 < this.logStart) return { ...joined, reset: true };
    const missed = this.log.slice(offset);
    const page = missed.slice(0, this.replayPage);
    for (const replayed of page) this.deliver(replayed, connection);
    return { ...joined, replayed: page.length, ...(missed.length > page.length ? { more: true } : {}) };
  }

  #attachSpeaker(connection: FakeConnection | undefined, requestId: string | undefined) {
    this.#attachRequestId = requestId;
    this.#generation++;
    this.version++;
    if (connection && this.speaker && this.speaker !== connection)
      this.speaker.push({ type: "connectionReplaced", sessionId: this.#id(), generation: this.#generation });
    if (connection) this.speaker = connection;
    return {
      ...FIXED,
      sessionId: this.#id(),
      status: this.#status,
      sourceLanguage: "en",
      quality: "standard",
      version: this.version,
      offset: this.log.length,
      ...this.#speakerState(),
      generation: this.#generation,
    } as const;
  }

  #speakerState(): { muted?: true } {
    return this.#muted ? { muted: true } : {};
  }

  #channelName(language: Language): string {
    return `/sessions/${this.#id()}/${language}`;
  }

  #id(): string {
    return this.created.values().next().value ?? "caring-king-275";
  }
}

export function error(code: ErrorCode, requestId?: string): ServerMessage {
  return { type: "error", code, message: code, ...(requestId === undefined ? {} : { requestId }) };
}
