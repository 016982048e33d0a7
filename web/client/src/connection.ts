import type { ReplyOf, ServerMessage } from "./protocol.generated.ts";
import { backoffDelay } from "./backoff.ts";
import type { ConnectionState } from "./connectionState.ts";
import { Connector, type ConnectorOptions } from "./connector.ts";
import { delay } from "./delay.ts";
import { watchEnvironment } from "./environment.ts";
import { SessionError, toSessionError } from "./errors.ts";
import { newRequestId, type Action, type Socket, type RequestOf } from "./socket.ts";
import { Emitter, Observable } from "./observable.ts";
import { DEFAULT_TIMINGS, type Timings } from "./timings.ts";
import { TokenRefresh } from "./tokenRefresh.ts";

export interface ConnectionOptions extends Omit<ConnectorOptions, "timings" | "onMessage"> {
  readonly timings?: Partial<Timings>;
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds over all tries; `timings.request` by default. */
  readonly deadline?: number;
}

/** Requests that may wait for the connection at once; one more is refused with QUEUE_FULL. */
const MAX_WAITING = 64;

/**
 * A connection that outlives its WebSockets: it opens them again after a loss, and hands over to a
 * second one before API Gateway's cut at two hours. On each new WebSocket `attach` runs first.
 */
export class Connection {
  readonly state = new Observable<ConnectionState>({ name: "idle" });
  /** Everything that answers no request: pushes, from whichever WebSocket they came. */
  readonly messages = new Emitter<ServerMessage>();
  readonly timings: Timings;
  readonly #connector: Connector;
  readonly #tokenRefresh: TokenRefresh;
  readonly #stop = new AbortController();
  #current: Socket | undefined;
  #wake: () => void = () => undefined;
  #handoverDue: () => void = () => undefined;
  #waiting = 0;

  constructor(options: ConnectionOptions) {
    this.timings = { ...DEFAULT_TIMINGS, ...options.timings };
    this.#connector = new Connector({
      ...options,
      timings: this.timings,
      onMessage: (message, socket) => this.#onMessage(message, socket),
    });
    this.#tokenRefresh = new TokenRefresh({
      provider: options.token,
      timings: this.timings,
      send: (token) => this.request({ action: "refreshToken", token }),
      refused: (error) => this.close(error),
    });
  }

  /** Starts connecting; what comes of it shows in `state`. */
  open(): void {
    if (this.state.value.name !== "idle") return;
    const unwatch = watchEnvironment({
      onSuspect: () => this.#current?.probe(),
      onOnline: () => this.#wake(),
    });
    void this.#run().finally(unwatch);
  }

  /** Closes for good. Requests under way are rejected. */
  close(error?: SessionError): void {
    if (this.state.value.name === "closed") return;
    this.state.set({ name: "closed", error });
    this.#stop.abort(error ?? new SessionError("CLOSED", "The connection was closed."));
    this.#tokenRefresh.stop();
    this.#current?.close();
  }

  /**
   * Sends a request over whichever WebSocket is open, again with the same requestId where the reply
   * did not come or was UNAVAILABLE or RATE_LIMITED, until the deadline. A refusal is final at once,
   * INTERNAL the second time.
   */
  async request<A extends Action>(message: RequestOf<A>, options: RequestOptions = {}): Promise<ReplyOf[A]> {
    const request = { ...message, requestId: message.requestId ?? newRequestId() };
    const deadline = Date.now() + (options.deadline ?? this.timings.request);
    let tokenRenewed = false;
    let failedBefore = false;
    for (let attempt = 0; ; attempt++) {
      const socket = await this.#ready(deadline, options.signal);
      try {
        return await socket.request<A>(request, options.signal);
      } catch (thrown) {
        options.signal?.throwIfAborted();
        const error = toSessionError(thrown);
        if (error.code === "TIMEOUT") socket.probe();
        // Without retryAfter: the server takes this very connection for gone.
        if (error.code === "UNAVAILABLE" && error.retryAfter === undefined) socket.close();
        if (error.code === "INTERNAL") {
          if (failedBefore) throw error;
          failedBefore = true;
        }
        if (error.code === "TOKEN_EXPIRED" && !tokenRenewed && message.action !== "refreshToken") {
          tokenRenewed = true;
          await this.#tokenRefresh.refresh();
        } else if (!error.retryable && !(await this.#superseded(socket))) {
          throw error;
        }
        const wait = error.retryAfter ?? (error.retryable ? backoffDelay(attempt, this.timings.backoff) : 0);
        if (Date.now() + wait > deadline) throw error;
        await delay(wait, options.signal);
      }
    }
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#isStopped(); failures++) {
      let openSince = Infinity;
      try {
        this.state.set({ name: "connecting", attempt: failures });
        const socket = await this.#connector.connect(this.#stop.signal);
        openSince = Date.now();
        throw await this.#hold(socket);
      } catch (thrown) {
        if (this.#isStopped()) return;
        const error = toSessionError(thrown);
        this.#tokenRefresh.stop();
        if (!error.retryable) {
          this.close(error);
          return;
        }
        // A connection that opens and dies at once is a failure still.
        if (Date.now() - openSince > this.timings.backoff.cap) failures = 0;
        await this.#pause(failures, error);
      }
    }
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Keeps a socket, and those it is handed over to, until one is lost; gives the reason. */
  async #hold(socket: Socket): Promise<SessionError> {
    let patience = this.timings.handover - Math.random() * this.timings.handoverJitter;
    if (this.#isStopped()) socket.close();
    for (let failures = 0; !socket.isClosed;) {
      this.#current = socket;
      this.#tokenRefresh.plan(this.#connector.token);
      this.state.set({ name: "open", since: Date.now() });
      if (!(await this.#handoverNeeded(socket, patience))) break;
      this.state.set({ name: "handingOver" });
      const next = await this.#handOver(socket);
      failures = next === socket ? failures + 1 : 0;
      patience = failures
        ? this.timings.doubt + backoffDelay(failures, this.timings.backoff)
        : this.timings.handover - Math.random() * this.timings.handoverJitter;
      socket = next;
      if (this.#isStopped()) socket.close();
    }
    return socket.closed;
  }

  /** True when the time or the server asks for a handover, false when the socket is lost before. */
  async #handoverNeeded(socket: Socket, patience: number): Promise<boolean> {
    const due = new Promise<boolean>((resolve) => (this.#handoverDue = () => resolve(true)));
    const timer = setTimeout(this.#handoverDue, patience);
    const needed = await Promise.race([due, socket.closed.then(() => false)]);
    clearTimeout(timer);
    return needed;
  }

  /** A second socket, attached, with the first retiring; or the first again if that failed. */
  async #handOver(old: Socket): Promise<Socket> {
    try {
      const next = await this.#connector.connect(this.#stop.signal);
      void old.drain();
      return next;
    } catch (thrown) {
      const { code } = toSessionError(thrown);
      // The new socket asked to attach and got no answer: whether the old one still has rights is unknown.
      if (code === "CONNECTION_LOST" || code === "TIMEOUT") old.close();
      return old;
    }
  }

  async #pause(failures: number, error: SessionError): Promise<void> {
    const wait = error.retryAfter ?? backoffDelay(failures, this.timings.backoff);
    this.state.set({ name: "waitingToRetry", attempt: failures + 1, retryAt: Date.now() + wait, error });
    const hope = new AbortController();
    this.#wake = () => hope.abort();
    await delay(wait, AbortSignal.any([hope.signal, this.#stop.signal])).catch(() => undefined);
  }

  /** The socket to send on now; waits for one at most until the deadline. */
  async #ready(deadline: number, signal?: AbortSignal): Promise<Socket> {
    this.#stop.signal.throwIfAborted();
    if (this.#current?.isClosed === false) return this.#current;
    if (this.#waiting >= MAX_WAITING)
      throw new SessionError("QUEUE_FULL", "Too many requests wait for the connection.");
    const late = new AbortController();
    const error = new SessionError("TIMEOUT", "The connection did not come back in time.");
    const timer = setTimeout(() => late.abort(error), Math.min(deadline - Date.now(), 2 ** 31 - 1));
    const signals = [late.signal, this.#stop.signal, ...(signal ? [signal] : [])];
    this.#waiting++;
    try {
      await this.state.until(({ name }) => name === "open", AbortSignal.any(signals));
    } finally {
      this.#waiting--;
      clearTimeout(timer);
    }
    return this.#ready(deadline, signal);
  }

  /** Whether a refusal came on a socket that a handover replaced: it says nothing of the new one. */
  async #superseded(socket: Socket): Promise<boolean> {
    await this.state.until(({ name }) => name !== "handingOver");
    return socket !== this.#current || socket.isClosed;
  }

  #onMessage(message: ServerMessage, socket: Socket): void {
    const isCurrent = socket === this.#current;
    if (message.type === "connectionRefreshRequired" && isCurrent) this.#handoverDue();
    else if (message.type === "tokenExpiring" && isCurrent) void this.#tokenRefresh.refresh();
    else if (message.type === "connectionReplaced" && isCurrent && this.state.value.name === "open")
      this.close(new SessionError("REPLACED", "The session was resumed on another connection."));
    this.messages.emit(message);
  }
}
