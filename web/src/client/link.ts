import {
  SUBPROTOCOL,
  TOKEN_SUBPROTOCOL_PREFIX,
  type ClientMessage,
  type ReplyOf,
  type ServerMessage,
} from "../protocol.generated.ts";
import { ClientCloseCode, closeFailure } from "./codes.ts";
import { SessionError } from "./errors.ts";
import { Liveness } from "./liveness.ts";
import { PendingRequests } from "./pendingRequests.ts";
import type { Timings } from "./timings.ts";

export type Action = ClientMessage["action"];
export type RequestOf<A extends Action> = Extract<ClientMessage, { action: A }>;
export type WebSocketClass = new (url: string, protocols: string[]) => WebSocket;

export interface LinkOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly WebSocket: WebSocketClass;
  readonly timings: Timings;
  /** Gets everything that answers no request under way. */
  readonly onMessage: (message: ServerMessage, link: Link) => void;
}

/** API Gateway closes (1009) on a longer frame, and browsers send one message as one frame. */
export const MAX_FRAME_BYTES = 32 * 1024;

export function newRequestId(): string {
  return crypto.randomUUID();
}

/** One WebSocket: requests and their replies, and whether the peer still lives. */
export class Link {
  /** Resolves when the WebSocket is gone, with the reason. Never rejects. */
  readonly closed: Promise<SessionError>;
  readonly #socket: WebSocket;
  readonly #options: LinkOptions;
  readonly #pending = new PendingRequests();
  readonly #liveness: Liveness;
  #resolveClosed!: (reason: SessionError) => void;
  #isClosed = false;

  /** Opens a WebSocket. Rejects with UPGRADE_FAILED, or with the signal's reason. */
  static async open(options: LinkOptions, signal: AbortSignal): Promise<Link> {
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
        resolve(new Link(socket, options));
      };
    });
  }

  private constructor(socket: WebSocket, options: LinkOptions) {
    this.#socket = socket;
    this.#options = options;
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.#liveness = new Liveness({
      interval: options.timings.heartbeat,
      timeout: options.timings.heartbeatReply,
      ask: () => this.#send({ action: "heartbeat" }),
      died: () =>
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
  doubt(): void {
    if (!this.#isClosed) this.#liveness.ask(this.#options.timings.doubt);
  }

  /** Closes once what is under way is answered, at the latest after `timings.drain`. */
  async retire(): Promise<void> {
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
    this.#liveness.heard();
    const message = parse(data);
    if (message && !this.#pending.settle(message)) this.#options.onMessage(message, this);
  }

  /** Does not wait for the closing handshake: on a dead network it never comes. */
  #end(code: number, reason: SessionError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#liveness.stop();
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
