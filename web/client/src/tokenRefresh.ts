import { retryDelay } from "./backoff.ts";
import { SessionError, toSessionError } from "./errors.ts";
import type { ServerClock } from "./serverClock.ts";
import type { Timings } from "./timings.ts";
import { readTimes, type TokenSource } from "./token.ts";
import { MAX_TIMER_MS } from "./waiting.ts";

export interface TokenRefreshOptions {
  readonly tokens: TokenSource;
  readonly clock: ServerClock;
  readonly timings: Timings;
  /** Sends the token over the open connection. */
  readonly send: (token: string, signal: AbortSignal) => Promise<unknown>;
  /** Called after each failed refresh; the connection keeps its present token. */
  readonly onFailed: (error: SessionError) => void;
}

/**
 * Replaces a connection's token in band shortly before it expires. A failed refresh never closes the
 * connection: its present token may still be valid, and the server says when it is not.
 */
export class TokenRefresh {
  readonly #options: TokenRefreshOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<SessionError | undefined> | undefined;
  /** The connection's present token. */
  #token: string | undefined;
  /** Aborts when the connection that the plan is for is lost. */
  #stop = new AbortController();

  constructor(options: TokenRefreshOptions) {
    this.#options = options;
  }

  /** Plans the refresh of the token that a connection was opened with. */
  plan(token: string | undefined): void {
    this.stop();
    this.#stop = new AbortController();
    this.#token = token;
    this.#schedule(0);
  }

  /** Refreshes now; concurrent calls share one refresh. Returns the error if it failed. */
  async refresh(failures = 0): Promise<SessionError | undefined> {
    this.#running ??= this.#refresh(failures).finally(() => (this.#running = undefined));
    return this.#running;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stop.abort(new SessionError("CONNECTION_LOST", "The connection was lost."));
  }

  async #refresh(failures: number): Promise<SessionError | undefined> {
    const { tokens, timings, send, onFailed } = this.#options;
    const { signal } = this.#stop;
    clearTimeout(this.#timer);
    try {
      const token = await tokens.get(true, signal);
      if (token === undefined)
        throw new SessionError("UNAUTHORIZED", "The token provider returned no token: sign in again.");
      // The server is not asked: the provider has no newer token yet, and is called again later.
      if (token === this.#token)
        throw new SessionError("UNAVAILABLE", "The token provider returned the same token again.");
      await send(token, signal);
      if (signal.aborted) return undefined;
      this.#token = token;
      this.#schedule(timings.tokenRefreshFloorMs);
      return undefined;
    } catch (thrown) {
      const error = toSessionError(thrown);
      if (signal.aborted) return error;
      onFailed(error);
      // TOKEN_EXPIRED: the provider's new token had expired already, so a later one may help.
      if (error.retryable || error.code === "TOKEN_EXPIRED")
        this.#in(retryDelay(error.retryAfterMs, failures, timings.backoff), failures + 1);
      return error;
    }
  }

  /** Plans by the token's expiry, but not before `floorMs`: a wrong clock must not cause a storm of refreshes. */
  #schedule(floorMs: number): void {
    if (this.#token === undefined) return;
    const { expiresAtMs, issuedAtMs } = readTimes(this.#token);
    if (expiresAtMs === undefined) return;
    const lifetimeMs = issuedAtMs === undefined ? Infinity : expiresAtMs - issuedAtMs;
    const leadMs = Math.min(this.#options.timings.tokenRefreshLeadMs, lifetimeMs / 2);
    this.#in(Math.max(expiresAtMs - leadMs - this.#options.clock.nowMs, floorMs), 0);
  }

  #in(milliseconds: number, failures: number): void {
    const wait = Math.min(Math.max(milliseconds, 0), MAX_TIMER_MS);
    this.#timer = setTimeout(() => void this.refresh(failures), wait);
  }
}
