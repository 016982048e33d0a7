import { CLOSE_DEAD_PEER, CLOSE_NORMAL, closeFailure } from "./codes.ts";
import { fromProtocol, SessionError } from "./errors.ts";
import { Heartbeat } from "./heartbeat.ts";
import {
  SUBPROTOCOL,
  TOKEN_SUBPROTOCOL_PREFIX,
  type ClientMessage,
  type Reply,
  type ReplyOf,
  type ServerMessage,
} from "./protocol.generated.ts";
import { newRequestId } from "./requestId.ts";
import type { Timings } from "./timings.ts";
import { after, withLimit } from "./waiting.ts";

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
  /** Gets each message that answers no request under way. */
  readonly onMessage: (message: ServerMessage, socket: Socket) => void;
}

/** API Gateway closes the connection (1009) after a longer frame; browsers send one message as one frame. */
export const MAX_FRAME_BYTES = 32 * 1024;

/** One WebSocket with its requests and its heartbeat. */
export class Socket {
  /** Whether the server asked for a handover to another WebSocket. */
  isHandoverDue = false;
  /** Whether the token that the WebSocket was opened with has expired or soon will. */
  isTokenExpiring = false;
  /** The token that the WebSocket was opened with. */
  declare readonly token: string | undefined;
  readonly #webSocket: WebSocketLike;
  readonly #options: SocketOptions;
  /** What to call with the reply to each request under way, by requestId. */
  readonly #pending = new Map<string, (reply: ServerMessage) => void>();
  readonly #heartbeat: Heartbeat;
  readonly #closed = new AbortController();
  #isDraining = false;

  /**
   * Opens a WebSocket, which closes when the signal aborts.
   *
   * @throws SessionError UPGRADE_FAILED, or the signal's reason.
   */
  static async open(options: SocketOptions, signal: AbortSignal): Promise<Socket> {
    signal.throwIfAborted();
    const { url, token, timings, WebSocket } = options;
    let webSocket: WebSocketLike | undefined;
    try {
      const opening = (webSocket = new WebSocket(url, [
        SUBPROTOCOL,
        ...(token ? [TOKEN_SUBPROTOCOL_PREFIX + token] : []),
      ]));
      opening.onerror = () => undefined; // a close event follows, and says no more
      await withLimit(
        timings.connectTimeoutMs,
        "The handshake",
        [signal],
        async () =>
          new Promise<unknown>((resolve, reject) => {
            opening.onopen = resolve;
            opening.onclose = reject;
          }),
      );
      return new Socket(opening, options, signal);
    } catch (cause) {
      webSocket?.close();
      signal.throwIfAborted();
      // The constructor throws for an address that no WebSocket can have.
      const retryable = webSocket !== undefined;
      throw new SessionError("UPGRADE_FAILED", "The WebSocket did not open.", { retryable, cause });
    }
  }

  private constructor(webSocket: WebSocketLike, options: SocketOptions, signal: AbortSignal) {
    this.token = options.token;
    this.#webSocket = webSocket;
    this.#options = options;
    this.#heartbeat = new Heartbeat(
      options.timings,
      () => this.#send({ action: "heartbeat" }),
      () => this.#end(CLOSE_DEAD_PEER, "The server did not answer a heartbeat."),
    );
    webSocket.onmessage = (event: { data: unknown }) => this.#receive(String(event.data));
    webSocket.onclose = ({ code }: { code: number }) =>
      this.#end(code, `The server closed the connection (${code}).`);
    signal.addEventListener("abort", () => this.close(), { signal: this.closed });
  }

  /** Aborts when the WebSocket has closed. Its reason is the failure of the requests under way. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /**
   * Sends a request and waits for its reply. A request whose signal has aborted is not sent.
   *
   * @throws SessionError, or the signal's reason.
   */
  async request<A extends Action>(message: RequestOf<A>, signal?: AbortSignal): Promise<ReplyOf[A]> {
    const requestId = message.requestId ?? newRequestId();
    try {
      const reply = await withLimit(
        this.#options.timings.replyTimeoutMs,
        "The reply",
        [signal, this.closed],
        async () =>
          new Promise<ServerMessage>((resolve) => {
            this.#pending.set(requestId, resolve);
            this.#send({ ...message, requestId });
          }),
      );
      if (reply.type === "error") throw fromProtocol(reply.code, reply.message, reply.retryAfter);
      return reply as ReplyOf[A];
    } finally {
      this.#pending.delete(requestId);
      this.#closeIfDrained();
    }
  }

  /** Sends a heartbeat now, because the connection may be dead. */
  probe(): void {
    if (!this.closed.aborted) this.#heartbeat.probe(this.#options.timings.probeTimeoutMs);
  }

  /** Closes once the requests under way are answered, at the latest after `timings.drainTimeoutMs`. */
  drain(): void {
    this.#isDraining = true;
    const cancel = after(this.#options.timings.drainTimeoutMs, () => this.close());
    this.closed.addEventListener("abort", cancel);
    this.#closeIfDrained();
  }

  close(code: number = CLOSE_NORMAL): void {
    this.#end(code, "The connection was closed.");
  }

  #closeIfDrained(): void {
    if (this.#isDraining && this.#pending.size === 0) this.close();
  }

  #send(message: ClientMessage): void {
    const text = JSON.stringify(message);
    const bytes = new TextEncoder().encode(text).length;
    if (bytes > MAX_FRAME_BYTES)
      throw new SessionError(
        "PAYLOAD_TOO_LARGE",
        `The message has ${bytes} bytes; allowed are ${MAX_FRAME_BYTES}.`,
      );
    this.#webSocket.send(text);
  }

  #receive(text: string): void {
    this.#heartbeat.onReceived();
    const message = parseMessage(text);
    if (!message) return;
    const { requestId = "" } = message as Partial<Reply>;
    const settle = this.#pending.get(requestId);
    if (settle) settle(message);
    else this.#options.onMessage(message, this);
  }

  /** Does not wait for the closing handshake, which never completes on a dead network. */
  #end(code: number, message: string): void {
    if (this.closed.aborted) return;
    const error = new SessionError(closeFailure(code), message);
    this.#closed.abort(error);
    this.#heartbeat.stop();
    this.#webSocket.onmessage = this.#webSocket.onclose = null;
    if (this.#webSocket.readyState <= 1) this.#webSocket.close(code);
  }
}

/** Returns a message of the protocol; undefined for API Gateway's own `{"message", "connectionId"}`. */
export function parseMessage(text: string): ServerMessage | undefined {
  try {
    const message = JSON.parse(text) as Partial<ServerMessage> | null;
    return typeof message?.type === "string" ? (message as ServerMessage) : undefined;
  } catch {
    return undefined;
  }
}
