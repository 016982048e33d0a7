import { backoffDelay, retryDelay } from "./backoff.ts";
import type { FailureCode } from "./codes.ts";
import type { ConnectionState } from "./connectionState.ts";
import { Connector, type Attach, type Attachment } from "./connector.ts";
import type { DebugHook } from "./debug.ts";
import { watchEnvironment } from "./environment.ts";
import { SessionError, toSessionError } from "./errors.ts";
import { Emitter, Observable } from "./observable.ts";
import type { ReplyOf, ServerMessage } from "./protocol.generated.ts";
import { newRequestId } from "./requestId.ts";
import { ServerClock } from "./serverClock.ts";
import type { Action, RequestOf, Socket, WebSocketClass } from "./socket.ts";
import { DEFAULT_TIMINGS, type Timings } from "./timings.ts";
import { TokenSource, type TokenProvider } from "./token.ts";
import { TokenRefresh } from "./tokenRefresh.ts";
import { delay, monotonicMs, withLimit } from "./waiting.ts";

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

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** Limit over all attempts; `timings.requestTimeoutMs` by default. */
  readonly timeoutMs?: number | undefined;
  /** False sends the request once, on the WebSocket that is open now. True by default. */
  readonly retry?: boolean;
}

/** A request's failed attempt. */
interface FailedRequest {
  readonly action: Action;
  readonly socket: Socket;
  readonly attempt: number;
  readonly deadlineMs: number;
  /** The codes for which this request has taken a measure; some measures are taken once. */
  readonly measures: Set<FailureCode>;
  readonly options: RequestOptions;
}

/** Requests that may wait for the connection at once; a further request is rejected with QUEUE_FULL. */
const MAX_WAITING_REQUESTS = 64;

/** Messages held for the first listener of a connection's `messages`. */
const MAX_HELD_MESSAGES = 1000;

/** Actions that only the session's present speaker may send. */
const SPEAKER_ACTIONS: readonly Action[] = ["publish", "updateSession", "endSession"];

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
  readonly #options: ConnectionOptions;
  readonly #connector: Connector;
  readonly #clock = new ServerClock();
  readonly #tokenRefresh: TokenRefresh;
  readonly #draining = new Set<Socket>();
  #stop = new AbortController();
  #current: Socket | undefined;
  /** The generation that this client's latest attachment got; undefined for a listener. */
  #generation: number | undefined;
  /** The highest generation that a `connectionReplaced` named. */
  #latestGeneration = -1;
  #wake: () => void = () => undefined;
  readonly #handoverRequested = new WeakSet<Socket>();
  #startHandover: () => void = () => undefined;
  #waitingRequests = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.timings = { ...DEFAULT_TIMINGS, ...options.timings };
    const tokens = new TokenSource(options.token, this.timings, this.#clock);
    this.#connector = new Connector({
      ...options,
      tokens,
      timings: this.timings,
      onMessage: (message, socket) => this.#onMessage(message, socket),
    });
    this.#tokenRefresh = new TokenRefresh({
      tokens,
      clock: this.#clock,
      timings: this.timings,
      send: (token, signal) => this.request({ action: "refreshToken", token }, { signal }),
      onFailed: (error) => this.#warn(error),
    });
    if (options.debug) this.state.subscribe((state) => options.debug?.({ event: "state", state }));
  }

  /** The server's time in epoch milliseconds, as its latest timestamp says; the device's time before the first. */
  get serverTimeMs(): number {
    return this.#clock.nowMs;
  }

  /** Starts connecting, also after the connection was closed. The outcome shows in `state`. */
  open(): void {
    const { name } = this.state.value;
    if (name !== "idle" && name !== "closed") return;
    this.#stop = new AbortController();
    const unwatch = watchEnvironment({
      onSuspect: () => this.#current?.probe(),
      onOnline: () => this.reconnect(),
    });
    void this.#run(this.#stop.signal).finally(unwatch);
  }

  /** Connects now if the state is `waitingToRetry`; does nothing otherwise. */
  reconnect(): void {
    this.#wake();
  }

  /** Closes every WebSocket and rejects the requests under way. */
  close(error?: SessionError): void {
    if (this.state.value.name === "closed") return;
    this.#stop.abort(error ?? new SessionError("CLOSED", "The connection was closed."));
    this.#tokenRefresh.stop();
    this.#current?.close();
    for (const socket of this.#draining) socket.close();
    this.state.set({ name: "closed", error });
  }

  /**
   * Sends a request on the open WebSocket. Repeats it with the same requestId until the limit if no reply
   * arrived or the reply was UNAVAILABLE or RATE_LIMITED. A refusal is final at once, INTERNAL the second time.
   *
   * @throws SessionError, or the signal's reason.
   */
  async request<A extends Action>(message: RequestOf<A>, options: RequestOptions = {}): Promise<ReplyOf[A]> {
    options.signal?.throwIfAborted();
    const request = { ...message, requestId: message.requestId ?? newRequestId() };
    const deadlineMs = monotonicMs() + (options.timeoutMs ?? this.timings.requestTimeoutMs);
    const measures = new Set<FailureCode>();
    for (let attempt = 0; ; attempt++) {
      const socket = await this.#openSocket(deadlineMs, options);
      try {
        const reply = await socket.request<A>(request, options.signal);
        if (options.retry !== false || socket === this.#current) return reply;
        throw new SessionError("CONNECTION_LOST", "The connection was handed over.");
      } catch (thrown) {
        options.signal?.throwIfAborted();
        const error = toSessionError(thrown);
        if (error.code === "TIMEOUT") socket.probe();
        // UNAVAILABLE without retryAfter: the server has lost this connection's record.
        if (error.code === "UNAVAILABLE" && error.retryAfterMs === undefined) socket.close();
        if (options.retry === false) {
          if (error.code === "TOKEN_EXPIRED") void this.#tokenRefresh.refresh();
          throw error;
        }
        const context = { action: message.action, socket, attempt, deadlineMs, measures, options };
        const waitMs = await this.#recover(error, context);
        if (waitMs === undefined || monotonicMs() + waitMs > deadlineMs) throw error;
        await this.#limited(deadlineMs, options, (signal) => delay(waitMs, signal));
      }
    }
  }

  /** Takes the measure that an error asks for. Returns the wait before the next attempt; undefined if none helps. */
  async #recover(error: SessionError, request: FailedRequest): Promise<number | undefined> {
    const { action, socket, attempt, deadlineMs, measures, options } = request;
    const { backoff } = this.timings;
    const isFirst = !measures.has(error.code);
    measures.add(error.code);
    if (error.code === "INTERNAL") return isFirst ? backoffDelay(attempt, backoff) : undefined;
    if (error.retryable) return retryDelay(error.retryAfterMs, attempt, backoff);
    if (error.code === "PROTOCOL_VIOLATION") return undefined;
    if (error.code === "TOKEN_EXPIRED" && action !== "refreshToken") {
      const failure = await this.#limited(deadlineMs, options, () => this.#tokenRefresh.refresh());
      if (!failure) return isFirst ? 0 : undefined;
      if (failure.retryable) return backoffDelay(attempt, backoff);
      // The server no longer accepts the token, and the user has no other one.
      this.close(failure);
      throw failure;
    }
    // A refusal on a connection that was handed over meanwhile says nothing about the new connection.
    await this.#limited(deadlineMs, options, (signal) =>
      this.state.until(({ name }) => name !== "handingOver", signal),
    );
    if (socket !== this.#current || socket.isClosed) return 0;
    // The speaker's attachment was removed: attaching again shows whether another connection replaced it.
    const isDetached = error.code === "FORBIDDEN" && isFirst && SPEAKER_ACTIONS.includes(action);
    if (!isDetached || this.#generation === undefined) return undefined;
    socket.close();
    return 0;
  }

  async #run(stop: AbortSignal): Promise<void> {
    for (let failures = 0; !stop.aborted; failures++) {
      let openSinceMs = Infinity;
      try {
        this.state.set({ name: "connecting", attempt: failures });
        const attachment = await this.#connector.connect(stop);
        openSinceMs = monotonicMs();
        throw await this.#keepOpen(attachment, stop);
      } catch (thrown) {
        if (isAborted(stop)) return;
        const error = toSessionError(thrown);
        this.#tokenRefresh.stop();
        if (!error.retryable) {
          this.close(error);
          return;
        }
        // A connection that closes right after it opened still counts as a failure.
        if (monotonicMs() - openSinceMs > this.timings.backoff.capMs) failures = 0;
        await this.#pause(failures, error, stop);
      }
    }
  }

  /** Keeps a connection and those that it is handed over to, until one is lost. Returns the reason. */
  async #keepOpen(attachment: Attachment, stop: AbortSignal): Promise<SessionError> {
    const { handoverAgeMs, handoverJitterMs, probeTimeoutMs, backoff } = this.timings;
    const handoverWaitMs = (): number => handoverAgeMs - Math.random() * handoverJitterMs;
    let { socket } = attachment;
    let waitMs = handoverWaitMs();
    for (let failures = 0; ;) {
      if (stop.aborted) socket.close();
      else if (failures === 0) this.#adopt(attachment);
      if (socket.isClosed) break;
      this.state.set({ name: "open", since: Date.now() });
      this.#closeIfReplaced();
      if (!(await this.#handoverNeeded(socket, waitMs))) break;
      this.state.set({ name: "handingOver" });
      const next = await this.#handOver(socket, stop);
      failures = next ? 0 : failures + 1;
      waitMs = next ? handoverWaitMs() : probeTimeoutMs + backoffDelay(failures, backoff);
      if (next) ({ socket } = attachment = next);
    }
    return socket.closed;
  }

  #adopt({ socket, token, generation }: Attachment): void {
    this.#current = socket;
    this.#generation = generation;
    this.#tokenRefresh.plan(token);
  }

  /** Returns true when the time or the server requires a handover, false when the connection is lost before. */
  async #handoverNeeded(socket: Socket, waitMs: number): Promise<boolean> {
    if (this.#handoverRequested.delete(socket)) return true;
    const due = new Promise<boolean>((resolve) => (this.#startHandover = () => resolve(true)));
    const timer = setTimeout(this.#startHandover, waitMs);
    const needed = await Promise.race([due, socket.closed.then(() => false)]);
    clearTimeout(timer);
    this.#handoverRequested.delete(socket);
    return needed;
  }

  /** Attaches a second WebSocket and drains the first one. Returns undefined if the first one stays. */
  async #handOver(old: Socket, stop: AbortSignal): Promise<Attachment | undefined> {
    const progress = { isAttaching: false };
    try {
      const next = await this.#connector.connect(stop, () => (progress.isAttaching = true));
      this.#draining.add(old);
      void old.drain().finally(() => this.#draining.delete(old));
      return next;
    } catch (thrown) {
      if (isAborted(stop)) return undefined;
      const error = toSessionError(thrown);
      if (error.code === "REPLACED") this.close(error);
      // If the attach request got no reply, it is unknown whether the old WebSocket still has rights.
      if (progress.isAttaching && (error.code === "CONNECTION_LOST" || error.code === "TIMEOUT")) old.close();
      this.#warn(error);
      return undefined;
    }
  }

  async #pause(failures: number, error: SessionError, stop: AbortSignal): Promise<void> {
    const waitMs = retryDelay(error.retryAfterMs, failures, this.timings.backoff);
    const wake = new AbortController();
    this.#wake = () => wake.abort();
    this.state.set({ name: "waitingToRetry", attempt: failures + 1, retryAt: Date.now() + waitMs, error });
    await delay(waitMs, AbortSignal.any([wake.signal, stop])).catch(() => undefined);
  }

  /** Returns the open WebSocket; waits for one until the deadline. */
  async #openSocket(deadlineMs: number, options: RequestOptions): Promise<Socket> {
    this.#stop.signal.throwIfAborted();
    if (this.#current?.isClosed === false) return this.#current;
    if (options.retry === false) throw new SessionError("CONNECTION_LOST", "The connection is not open.");
    if (this.#waitingRequests >= MAX_WAITING_REQUESTS)
      throw new SessionError(
        "QUEUE_FULL",
        `${MAX_WAITING_REQUESTS} requests already wait for the connection.`,
      );
    this.#waitingRequests++;
    try {
      await this.#limited(deadlineMs, options, (signal) =>
        this.state.until(({ name }) => name === "open", signal),
      );
    } finally {
      this.#waitingRequests--;
    }
    return this.#openSocket(deadlineMs, options);
  }

  /** Awaits an action until the request's deadline, its signal, or the connection's end. */
  async #limited<Result>(
    deadlineMs: number,
    { signal }: RequestOptions,
    action: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    return withLimit(action, {
      timeoutMs: deadlineMs - monotonicMs(),
      message: "The connection was not ready in time.",
      signals: signal ? [signal, this.#stop.signal] : [this.#stop.signal],
    });
  }

  #onMessage(message: ServerMessage, socket: Socket): void {
    const isCurrent = socket === this.#current;
    if (message.type === "heartbeatAck" || message.type === "keepAlive")
      this.#clock.measure(message.serverTime);
    else if (message.type === "connectionRefreshRequired") {
      // It can arrive with the reply that attaches the socket, before the socket is the current one.
      this.#handoverRequested.add(socket);
      if (isCurrent) this.#startHandover();
    } else if (message.type === "tokenExpiring" && isCurrent) void this.#tokenRefresh.refresh();
    else if (message.type === "connectionReplaced") {
      this.#latestGeneration = Math.max(this.#latestGeneration, message.generation);
      // While a new connection attaches, its own generation decides.
      if (isCurrent && this.state.value.name === "open") this.#closeIfReplaced();
    }
    this.messages.emit(message);
  }

  /** Closes if a later attachment than this client's own has the session. */
  #closeIfReplaced(): void {
    if (this.#latestGeneration > (this.#generation ?? -1))
      this.close(new SessionError("REPLACED", "The session was resumed on another connection."));
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
