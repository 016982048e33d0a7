import { backoffDelay, retryDelay } from "./backoff.ts";
import type { ConnectionState } from "./connectionState.ts";
import { connect, type Attach, type ConnectOptions } from "./connector.ts";
import type { DebugHook } from "./debug.ts";
import { watchEnvironment } from "./environment.ts";
import { hasCode, SessionError, toSessionError } from "./errors.ts";
import { Emitter, Observable } from "./observable.ts";
import type { ReplyOf, ServerMessage } from "./protocol.generated.ts";
import type { Action, RequestOf, Socket, WebSocketClass } from "./socket.ts";
import { DEFAULT_TIMINGS, type Timings } from "./timings.ts";
import { Tokens, type TokenProvider } from "./token.ts";
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
  /** Gets an event for each state, message and failure. */
  readonly debug?: DebugHook | undefined;
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
  readonly timings: Timings;
  protected readonly tokens: Tokens;
  readonly #options: ConnectOptions;
  #stop = new AbortController();
  #current: Socket | undefined;
  /** Ends the wait for the next attempt, or for the next handover. */
  #wake = (): void => undefined;

  constructor(options: ConnectionOptions) {
    const timings = (this.timings = { ...DEFAULT_TIMINGS, ...options.timings });
    const tokens = (this.tokens = new Tokens({
      provider: options.token,
      timings,
      send: async (token, signal) => this.requestOnce({ action: "refreshToken", token }, signal),
      onFailed: (error) => this.#warn(error),
    }));
    const onMessage: ConnectOptions["onMessage"] = (message, socket) => this.receive(message, socket);
    this.#options = { ...options, timings, tokens, onMessage };
    this.state.subscribe((state) => options.debug?.({ event: "state", state }));
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
    return this.tokens.serverTimeMs;
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
    void this.#run(this.closed);
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
      if (hasCode(error, "TOKEN_EXPIRED")) void this.refreshToken();
      throw error;
    }
  }

  /** Replaces the open connection's token; concurrent calls share one refresh. Returns the error if it failed. */
  async refreshToken(): Promise<SessionError | undefined> {
    return this.tokens.refresh();
  }

  /** Handles a message that answers no request under way. */
  protected receive(message: ServerMessage, socket: Socket): void {
    const isCurrent = socket === this.#current;
    if (message.type === "heartbeatAck" || message.type === "keepAlive")
      this.tokens.measure(message.serverTime);
    else if (message.type === "connectionRefreshRequired") {
      // It can arrive with the reply that attaches the socket, before the socket is the current one.
      socket.isHandoverDue = true;
      if (isCurrent) this.#wake();
    } else if (message.type === "tokenExpiring" && isCurrent) void this.refreshToken();
    this.messages.emit(message);
  }

  async #run(stop: AbortSignal): Promise<void> {
    for (let failures = 0; !stop.aborted; failures++) {
      let openSinceMs = Infinity;
      try {
        this.state.set({ name: "connecting", attempt: failures });
        const socket = await connect(this.#options, stop);
        openSinceMs = monotonicMs();
        await this.#keepOpen(socket, stop);
      } catch (thrown) {
        if (isAborted(stop)) return;
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
        }).catch(() => undefined);
      }
    }
  }

  /** Keeps a connection and those that it is handed over to, until one is lost. @throws the reason. */
  async #keepOpen(socket: Socket, stop: AbortSignal): Promise<never> {
    const { handoverAgeMs, handoverJitterMs, probeTimeoutMs, backoff } = this.timings;
    for (let failures = 0; ;) {
      if (failures === 0) {
        this.#current = socket;
        this.tokens.plan(socket);
      }
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
      const next = await connect(this.#options, stop, () => (progress.isAttaching = true));
      old.drain();
      return next;
    } catch (error) {
      if (stop.aborted) return undefined;
      // If the attach request got no reply, it is unknown whether the old WebSocket still has rights.
      if (progress.isAttaching && hasCode(error, "CONNECTION_LOST", "TIMEOUT")) old.close();
      this.#warn(toSessionError(error));
      return undefined;
    }
  }

  #warn(error: SessionError): void {
    this.#options.debug?.({ event: "warning", error });
    this.warnings.emit(error);
  }
}

/** A function, because the compiler takes a property that was false for false after an await. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
