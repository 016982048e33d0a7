import { ClientCloseCode, closeFailure } from "./codes.ts";
import type { DebugHook } from "./debug.ts";
import { SessionError } from "./errors.ts";
import { Heartbeat } from "./heartbeat.ts";
import { PendingRequests } from "./pendingRequests.ts";
import {
  SUBPROTOCOL,
  TOKEN_SUBPROTOCOL_PREFIX,
  type ClientMessage,
  type ReplyOf,
  type ServerMessage,
} from "./protocol.generated.ts";
import { newRequestId } from "./requestId.ts";
import type { Timings } from "./timings.ts";
import { withLimit } from "./waiting.ts";

export type Action = ClientMessage["action"];
export type RequestOf<A extends Action> = Extract<ClientMessage, { action: A }>;

/** The part of the browser's WebSocket that the library uses. The class of the package `ws` has it, too. */
export interface WebSocketLike {
  readonly readyState: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

export type WebSocketClass = new (url: string, protocols: string[]) => WebSocketLike;

export interface SocketOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly WebSocket: WebSocketClass;
  readonly timings: Timings;
  readonly debug: DebugHook | undefined;
  /** Gets each message that answers no request under way. */
  readonly onMessage: (message: ServerMessage, socket: Socket) => void;
}

/** API Gateway closes the connection (1009) after a longer frame; browsers send one message as one frame. */
export const MAX_FRAME_BYTES = 32 * 1024;

let socketCount = 0;

/** One WebSocket with its requests and its heartbeat. */
export class Socket {
  /** Resolves with the reason when the WebSocket has closed. Never rejects. */
  readonly closed: Promise<SessionError>;
  readonly #number = ++socketCount;
  readonly #webSocket: WebSocketLike;
  readonly #options: SocketOptions;
  readonly #pending = new PendingRequests();
  readonly #heartbeat: Heartbeat;
  #resolveClosed!: (reason: SessionError) => void;
  #isClosed = false;

  /** Opens a WebSocket. Rejects with UPGRADE_FAILED or with the signal's reason. */
  static async open(options: SocketOptions, signal: AbortSignal): Promise<Socket> {
    signal.throwIfAborted();
    const { url, token, timings } = options;
    const protocols = token === undefined ? [SUBPROTOCOL] : [SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + token];
    const webSocket = createWebSocket(options.WebSocket, url, protocols);
    const opened = new Promise<void>((resolve, reject) => {
      webSocket.onerror = () => undefined; // a close event follows, and says no more
      webSocket.onclose = () => reject(new SessionError("UPGRADE_FAILED", UPGRADE_FAILED_TEXT));
      webSocket.onopen = () => resolve();
    });
    try {
      await withLimit(async () => opened, {
        timeoutMs: timings.connectTimeoutMs,
        message: UPGRADE_FAILED_TEXT,
        signals: [signal],
      });
      return new Socket(webSocket, options);
    } catch (error) {
      webSocket.onopen = webSocket.onclose = null;
      webSocket.close();
      signal.throwIfAborted();
      throw new SessionError("UPGRADE_FAILED", UPGRADE_FAILED_TEXT, { cause: error });
    }
  }

  private constructor(webSocket: WebSocketLike, options: SocketOptions) {
    this.#webSocket = webSocket;
    this.#options = options;
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.#heartbeat = new Heartbeat({
      intervalMs: options.timings.heartbeatIntervalMs,
      timeoutMs: options.timings.heartbeatTimeoutMs,
      send: () => this.#send({ action: "heartbeat" }),
      onTimeout: () =>
        this.#end(
          ClientCloseCode.deadPeer,
          new SessionError("CONNECTION_LOST", "The server sent nothing after a heartbeat."),
        ),
    });
    webSocket.onopen = null;
    webSocket.onmessage = (event: { data: unknown }) => this.#receive(event.data);
    webSocket.onclose = ({ code }: { code: number }) =>
      this.#end(code, new SessionError("CONNECTION_LOST", `The server closed the connection (${code}).`));
    options.debug?.({ event: "opened", socket: this.#number });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Sends a request and waits for its reply. A request whose signal has aborted is not sent.
   *
   * @throws SessionError, or the signal's reason.
   */
  async request<A extends Action>(message: RequestOf<A>, signal?: AbortSignal): Promise<ReplyOf[A]> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw new SessionError("CONNECTION_LOST", "The connection is closed.");
    const requestId = message.requestId ?? newRequestId();
    const reply = this.#pending.add(requestId, this.#options.timings.replyTimeoutMs, signal);
    try {
      this.#send({ ...message, requestId });
    } catch (error) {
      this.#pending.settle({ type: "error", requestId, code: "PAYLOAD_TOO_LARGE", message: String(error) });
    }
    return reply as Promise<ReplyOf[A]>;
  }

  /** Sends a heartbeat now, because the connection may be dead. */
  probe(): void {
    if (!this.#isClosed) this.#heartbeat.probe(this.#options.timings.probeTimeoutMs);
  }

  /** Closes once the requests under way are answered, at the latest after `timings.drainTimeoutMs`. */
  async drain(): Promise<void> {
    const timer = setTimeout(() => this.close(), this.#options.timings.drainTimeoutMs);
    await this.#pending.drained();
    clearTimeout(timer);
    this.close();
  }

  close(code: number = ClientCloseCode.normal): void {
    this.#end(code, new SessionError("CONNECTION_LOST", "The client closed the connection."));
  }

  #send(message: ClientMessage): void {
    const text = JSON.stringify(message);
    const bytes = new TextEncoder().encode(text).length;
    if (bytes > MAX_FRAME_BYTES)
      throw new RangeError(`The message has ${bytes} bytes; allowed are ${MAX_FRAME_BYTES}.`);
    this.#webSocket.send(text);
    this.#report("sent", message.action, message.requestId, text);
  }

  #receive(data: unknown): void {
    this.#heartbeat.onReceived();
    const message = parse(data);
    if (!message) return;
    this.#report(
      "received",
      message.type,
      "requestId" in message ? message.requestId : undefined,
      String(data),
    );
    if (!this.#pending.settle(message)) this.#options.onMessage(message, this);
  }

  #report(event: "sent" | "received", name: string, requestId: string | undefined, text: string): void {
    this.#options.debug?.({ event, socket: this.#number, name, requestId, characters: text.length });
  }

  /** Does not wait for the closing handshake, which never completes on a dead network. */
  #end(code: number, error: SessionError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#heartbeat.stop();
    this.#webSocket.onmessage = this.#webSocket.onclose = null;
    if (this.#webSocket.readyState <= 1) this.#webSocket.close(code);
    const failure = closeFailure(code);
    this.#pending.rejectAll(failure === error.code ? error : new SessionError(failure, error.message));
    this.#options.debug?.({ event: "closed", socket: this.#number, code, error });
    this.#resolveClosed(error);
  }
}

const UPGRADE_FAILED_TEXT = "The WebSocket could not be opened.";

/** @throws SessionError, not retryable, for an address that no WebSocket can have. */
function createWebSocket(WebSocket: WebSocketClass, url: string, protocols: string[]): WebSocketLike {
  try {
    return new WebSocket(url, protocols);
  } catch (error) {
    throw new SessionError("UPGRADE_FAILED", String(error), { retryable: false, cause: error });
  }
}

/** Returns a message of the protocol; undefined for API Gateway's own `{"message", "connectionId"}`. */
function parse(data: unknown): ServerMessage | undefined {
  try {
    const message = JSON.parse(String(data)) as Partial<ServerMessage> | null;
    return typeof message?.type === "string" ? (message as ServerMessage) : undefined;
  } catch {
    return undefined;
  }
}
