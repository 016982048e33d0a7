import { backoffDelay, retryDelay } from "./backoff.ts";
import type { ConnectionState } from "./connectionState.ts";
import { connect, type Attach, type ConnectOptions } from "./connector.ts";
import type { Debugger } from "./debug.ts";
import { watchEnvironment } from "./environment.ts";
import { hasCode, SessionError, toSessionError } from "./errors.ts";
import { Emitter, Observable } from "./observable.ts";
import type { ReplyOf, ServerMessage } from "./protocol.generated.ts";
import type { Action, RequestOf, Socket, WebSocketClass } from "./socket.ts";
import { DEFAULT_TIMINGS, type Timings } from "./timings.ts";
import { requestToken, type TokenProvider } from "./token.ts";
import { abortable, after, monotonicMs } from "./waiting.ts";

export interface ConnectionOptions {
  /** `webSocketUrl` of the stack's output `frontendConfig`. */
  readonly url: string;
  /** `httpUrl` of `frontendConfig`. Without it a refused handshake looks like a lost network. */
  readonly httpUrl?: string | undefined;
  readonly token?: TokenProvider | undefined;
  /** Whether to connect without a token if the provider returns none. */
  readonly anonymous?: boolean | undefined;
  readonly attach: Attach;
  /** For environments without a global WebSocket, such as Node 20. */
  readonly WebSocket?: WebSocketClass | undefined;
  readonly timings?: Partial<Timings> | undefined;
  /** `debugTo(console.debug)` reports each state, message and failure. */
  readonly debug?: Debugger | undefined;
}

/** Messages held for the first listener of a connection's `messages`. */
const MAX_HELD_MESSAGES = 1000;

/**
 * A connection that outlives its WebSockets. It opens a new one after a loss, and hands over to a second one
 * before API Gateway closes the first at two hours. On each new WebSocket it calls `attach` first.
 */
export class Connection {
  readonly state = new Observable<ConnectionState>({ name: "idle" });
  /**
   * Every message that answers no request under way, from any of the WebSockets. A message can overtake the
   * reply that names the session, so that those before the first listener are held for it.
   */
  readonly messages = new Emitter<ServerMessage>(MAX_HELD_MESSAGES);
  /** Failures that the connection survives, such as a failed token refresh. */
  readonly warnings = new Emitter<SessionError>();
  declare readonly timings: Timings;
  /** The class of its WebSockets, which the option `debug` watches. */
  declare readonly WebSocket: WebSocketClass;
  /** The server's clock minus the device's by a guess, which counts until the server has sent a timestamp. */
  protected estimatedOffsetMs = 0;
  #serverOffsetMs: number | undefined;
  readonly #options: ConnectOptions & Pick<ConnectionOptions, "token">;
  #stop = new AbortController();
  #current: Socket | undefined;
  /** Ends the wait for the next attempt, or for the next handover. */
  #wake = (): void => undefined;

  constructor(options: ConnectionOptions) {
    const timings = (this.timings = { ...DEFAULT_TIMINGS, ...options.timings });
    const plain = options.WebSocket ?? globalThis.WebSocket;
    const WebSocket = (this.WebSocket = options.debug?.(this, plain) ?? plain);
    this.#options = {
      ...options,
      timings,
      WebSocket,
      getToken: async (forceRefresh, signal) => this.getToken(forceRefresh, signal),
      onMessage: (message, socket) => this.receive(message, socket),
    };
  }

  /** Aborts when the connection is closed, with the reason. */
  get closed(): AbortSignal {
    return this.#stop.signal;
  }

  /** The WebSocket that is open and attached to the session, if there is one. */
  get socket(): Socket | undefined {
    return this.#current?.closed.aborted ? undefined : this.#current;
  }

  /** The server's time in epoch milliseconds, as its latest timestamp says; the device's time before the first. */
  get serverTimeMs(): number {
    return Date.now() + (this.#serverOffsetMs ?? this.estimatedOffsetMs);
  }

  /** Starts connecting, also after the connection was closed. The outcome shows in `state`. */
  open(): void {
    const { name } = this.state.value;
    if (name !== "idle" && name !== "closed") return;
    this.#stop = new AbortController();
    watchEnvironment(
      this.closed,
      () => this.socket?.probe(),
      () => this.reconnect(),
    );
    this.#run(this.closed).catch(() => undefined);
  }

  /** Connects now if the state is `waitingToRetry`; does nothing otherwise. */
  reconnect(): void {
    if (this.state.value.name === "waitingToRetry") this.#wake();
  }

  /** Closes every WebSocket and rejects the requests under way. */
  close(error?: SessionError): void {
    if (this.state.value.name === "closed") return;
    this.#stop.abort(error ?? new SessionError("CLOSED", "The connection was closed."));
    this.state.set({ name: "closed", error });
  }

  /**
   * Sends a request once, on the WebSocket that is open now, and returns the reply.
   *
   * @throws SessionError, CONNECTION_LOST if no WebSocket is open; or the signal's reason.
   */
  async requestOnce<A extends Action>(message: RequestOf<A>, signal?: AbortSignal): Promise<ReplyOf[A]> {
    this.closed.throwIfAborted();
    const { socket } = this;
    if (!socket) throw new SessionError("CONNECTION_LOST", "The connection is not open.");
    try {
      return await socket.request<A>(message, signal);
    } catch (error) {
      if (hasCode(error, "TIMEOUT")) socket.probe();
      // UNAVAILABLE without retryAfter: the server has lost this connection's record.
      if (hasCode(error, "UNAVAILABLE") && error.retryAfterMs === undefined) socket.close();
      if (hasCode(error, "TOKEN_EXPIRED")) this.replaceToken(socket);
      throw error;
    }
  }

  /** Returns the provider's token. @throws SessionError, or the signal's reason. */
  async getToken(forceRefresh: boolean, signal: AbortSignal): Promise<string | undefined> {
    return requestToken(this.#options.token, this.timings.tokenTimeoutMs, forceRefresh, signal);
  }

  /** Replaces the token of a WebSocket: hands over to a WebSocket with a new one. */
  protected replaceToken(socket: Socket): void {
    socket.isTokenExpiring = true;
    this.#handOverSoon(socket);
  }

  /** Handles a message that answers no request under way. */
  protected receive(message: ServerMessage, socket: Socket): void {
    if (message.type === "heartbeatAck" || message.type === "keepAlive")
      this.#serverOffsetMs = message.serverTime - Date.now();
    else if (message.type === "connectionRefreshRequired") this.#handOverSoon(socket);
    else if (message.type === "tokenExpiring") this.replaceToken(socket);
    this.messages.emit(message);
  }

  /** The reason can arrive with the reply that attaches the socket, before the socket is the current one. */
  #handOverSoon(socket: Socket): void {
    socket.isHandoverDue = true;
    if (socket === this.#current) this.#wake();
  }

  /** Connects, and connects again after each loss. @throws the signal's reason, once it aborts. */
  async #run(stop: AbortSignal): Promise<void> {
    for (let failures = 0; ; failures++) {
      let openSinceMs = Infinity;
      try {
        this.state.set({ name: "connecting", attempt: failures });
        const socket = await connect(this.#options, stop);
        openSinceMs = monotonicMs();
        await this.#keepOpen(socket, stop);
      } catch (thrown) {
        stop.throwIfAborted();
        const { timings } = this;
        let error = toSessionError(thrown);
        // A connection that was open is opened again, whatever closed it.
        if (openSinceMs < Infinity) error = new SessionError("CONNECTION_LOST", error.message);
        if (!error.retryable) {
          this.close(error);
          return;
        }
        // A connection that closes right after it opened still counts as a failure.
        if (monotonicMs() - openSinceMs > timings.backoff.capMs) failures = 0;
        const waitMs = retryDelay(error.retryAfterMs, failures, timings.backoff);
        await abortable(stop, (resolve) => {
          this.#wake = resolve;
          this.state.set({
            name: "waitingToRetry",
            attempt: failures + 1,
            retryAt: Date.now() + waitMs,
            error,
          });
          return after(waitMs, resolve);
        });
      }
    }
  }

  /** Keeps a connection and those that it is handed over to, until one is lost. @throws the reason. */
  async #keepOpen(socket: Socket, stop: AbortSignal): Promise<never> {
    const { handoverAgeMs, handoverJitterMs, probeTimeoutMs, backoff } = this.timings;
    for (let failures = 0; ;) {
      this.#current = socket;
      if (!socket.closed.aborted) this.state.set({ name: "open", since: Date.now() });
      await abortable(socket.closed, (resolve) => {
        this.#wake = resolve;
        if (socket.isHandoverDue) resolve();
        return after(
          failures > 0
            ? probeTimeoutMs + backoffDelay(failures, backoff)
            : handoverAgeMs - Math.random() * handoverJitterMs,
          resolve,
        );
      });
      socket.isHandoverDue = false;
      this.state.set({ name: "handingOver" });
      const next = await this.#handOver(socket, stop);
      failures = next ? 0 : failures + 1;
      socket = next ?? socket;
    }
  }

  /** Attaches a second WebSocket and drains the first one. Returns undefined if the first one stays. */
  async #handOver(old: Socket, stop: AbortSignal): Promise<Socket | undefined> {
    const progress = { isAttaching: false };
    try {
      const next = await connect(
        this.#options,
        stop,
        old.isTokenExpiring,
        () => (progress.isAttaching = true),
      );
      old.drain();
      return next;
    } catch (error) {
      if (stop.aborted) return undefined;
      // If the attach request got no reply, it is unknown whether the old WebSocket still has rights.
      if (progress.isAttaching && hasCode(error, "CONNECTION_LOST", "TIMEOUT")) old.close();
      this.warnings.emit(toSessionError(error));
      return undefined;
    }
  }
}
