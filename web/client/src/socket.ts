import {
  SUBPROTOCOL,
  TOKEN_SUBPROTOCOL_PREFIX,
  type ClientMessage,
  type ReplyOf,
  type ServerMessage,
} from "./protocol.generated.ts";
import { ClientCloseCode, closeFailure } from "./codes.ts";
import { SessionError } from "./errors.ts";
import { Heartbeat } from "./heartbeat.ts";
import { PendingRequests } from "./pendingRequests.ts";
import type { Timings } from "./timings.ts";

export type Action = ClientMessage["action"];
export type RequestOf<A extends Action> = Extract<ClientMessage, { action: A }>;
export type WebSocketClass = new (url: string, protocols: string[]) => WebSocket;

export interface SocketOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly WebSocket: WebSocketClass;
  readonly timings: Timings;
  /** Gets everything that answers no request under way. */
  readonly onMessage: (message: ServerMessage, socket: Socket) => void;
}

/** API Gateway closes (1009) on a longer frame, and browsers send one message as one frame. */
export const MAX_FRAME_BYTES = 32 * 1024;

export function newRequestId(): string {
  return crypto.randomUUID();
}

/** One WebSocket: requests and their replies, and whether the peer still lives. */
export class Socket {
  /** Resolves when the WebSocket is gone, with the reason. Never rejects. */
  readonly closed: Promise<SessionError>;
  readonly #socket: WebSocket;
  readonly #options: SocketOptions;
  readonly #pending = new PendingRequests();
  readonly #heartbeat: Heartbeat;
  #resolveClosed!: (reason: SessionError) => void;
  #isClosed = false;

  /** Opens a WebSocket. Rejects with UPGRADE_FAILED, or with the signal's reason. */
  static async open(options: SocketOptions, signal: AbortSignal): Promise<Socket> {
    signal.throwIfAborted();
    const { url, token, timings } = options;
    const protocols = token === undefined ? [SUBPROTOCOL] : [SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + token];
    const socket = construct(options.WebSocket, url, protocols);
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        done();
        reject(error);
        socket.close();
      };
      const refused = (): void =>
        fail(new SessionError("UPGRADE_FAILED", "The WebSocket could not be opened."));
      const aborted = (): void => fail(signal.reason as Error);
      const timer = setTimeout(refused, timings.connect);
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", aborted);
        socket.onopen = socket.onclose = null;
      };
      signal.addEventListener("abort", aborted);
      socket.onerror = () => undefined; // a close event follows, and tells as little
      socket.onclose = refused;
      socket.onopen = () => {
        done();
        resolve(new Socket(socket, options));
      };
    });
  }

  private constructor(socket: WebSocket, options: SocketOptions) {
    this.#socket = socket;
    this.#options = options;
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.#heartbeat = new Heartbeat({
      interval: options.timings.heartbeat,
      timeout: options.timings.heartbeatReply,
      ask: () => this.#send({ action: "heartbeat" }),
      onTimeout: () =>
        this.#end(ClientCloseCode.deadPeer, new SessionError("CONNECTION_LOST", "The server fell silent.")),
    });
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = ({ code }) =>
      this.#end(code, new SessionError(closeFailure(code), `The connection closed (${code}).`));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sends a request and waits for its reply. Rejects with a SessionError or the signal's reason. */
  async request<A extends Action>(message: RequestOf<A>, signal?: AbortSignal): Promise<ReplyOf[A]> {
    if (this.#isClosed) throw new SessionError("CONNECTION_LOST", "The connection is closed.");
    const requestId = message.requestId ?? newRequestId();
    const reply = this.#pending.add(requestId, this.#options.timings.reply, signal);
    try {
      this.#send({ ...message, requestId });
    } catch (error) {
      this.#pending.settle({ type: "error", requestId, code: "PAYLOAD_TOO_LARGE", message: String(error) });
    }
    return reply as Promise<ReplyOf[A]>;
  }

  /** Asks for a sign of life now, because there is reason to doubt it. */
  probe(): void {
    if (!this.#isClosed) this.#heartbeat.ask(this.#options.timings.doubt);
  }

  /** Closes once what is under way is answered, at the latest after `timings.drain`. */
  async drain(): Promise<void> {
    const timer = setTimeout(() => this.close(), this.#options.timings.drain);
    await this.#pending.drained();
    clearTimeout(timer);
    this.close();
  }

  close(code: number = ClientCloseCode.normal): void {
    this.#end(code, new SessionError("CONNECTION_LOST", "The connection was closed."));
  }

  #send(message: ClientMessage): void {
    const text = JSON.stringify(message);
    if (new TextEncoder().encode(text).length > MAX_FRAME_BYTES)
      throw new RangeError("The message exceeds 32 KB.");
    this.#socket.send(text);
  }

  #receive(data: unknown): void {
    this.#heartbeat.heard();
    const message = parse(data);
    if (message && !this.#pending.settle(message)) this.#options.onMessage(message, this);
  }

  /** Does not wait for the closing handshake: on a dead network it never comes. */
  #end(code: number, reason: SessionError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#heartbeat.stop();
    this.#socket.onmessage = this.#socket.onclose = null;
    if (this.#socket.readyState <= 1) this.#socket.close(code);
    this.#pending.rejectAll(reason);
    this.#resolveClosed(reason);
  }
}

/** @throws SessionError for an address that no WebSocket can have: no try will change that. */
function construct(WebSocket: WebSocketClass, url: string, protocols: string[]): WebSocket {
  try {
    return new WebSocket(url, protocols);
  } catch (error) {
    throw new SessionError("UPGRADE_FAILED", String(error), { retryable: false });
  }
}

/** A message of the protocol, or nothing: API Gateway's own `{"message", "connectionId"}` has no type. */
function parse(data: unknown): ServerMessage | undefined {
  try {
    const message = JSON.parse(String(data)) as Partial<ServerMessage> | null;
    return typeof message?.type === "string" ? (message as ServerMessage) : undefined;
  } catch {
    return undefined;
  }
}
