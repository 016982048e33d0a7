import { retryDelay } from "./backoff.ts";
import { SessionError, toSessionError } from "./errors.ts";
import type { Socket } from "./socket.ts";
import type { Timings } from "./timings.ts";
import { after, withLimit } from "./waiting.ts";

export interface TokenRequest {
  /** True if the previous token was refused or expires soon: a cached token does not help. */
  readonly forceRefresh: boolean;
  /** Aborts when the client no longer waits for the token. */
  readonly signal?: AbortSignal;
}

/**
 * Returns the signed-in user's token, or undefined for an anonymous listener. The client calls it at each
 * connect and shortly before a token expires, and waits at most `tokenTimeoutMs`.
 *
 * A SessionError that it throws counts by its code: UNAUTHORIZED means that the user must sign in again.
 * A programming error (TypeError, ReferenceError, ...) is final as well and reaches the application as
 * APPLICATION_ERROR. After any other error the client calls it again, with growing waits.
 */
export type TokenProvider = (request: TokenRequest) => Promise<string | undefined> | string | undefined;

/** A token that expires sooner is replaced before the handshake. */
const MIN_TOKEN_LIFE_MS = 5000;

/** A smaller difference between a new token's issue time and the device's clock may be the provider's delay. */
const CLOCK_TOLERANCE_MS = 60_000;

export interface TokensOptions {
  readonly provider: TokenProvider | undefined;
  readonly timings: Timings;
  /** Sends a token over the open connection. */
  readonly send: (token: string, signal: AbortSignal) => Promise<unknown>;
  /** Called after each failed refresh; the connection keeps its present token. */
  readonly onFailed: (error: SessionError) => void;
}

/**
 * Gets tokens from the application's provider, and replaces a connection's token in band shortly before it
 * expires. A failed refresh never closes the connection: its present token may still be valid, and the server
 * says when it is not.
 *
 * A device's clock may be wrong by hours. The server's own timestamps count most. Before the first one, a new
 * token's issue time is the estimate of the server's clock, if it differs much from the device's.
 */
export class Tokens {
  readonly #options: TokensOptions;
  #serverOffsetMs = 0;
  #isMeasured = false;
  /** The token that the provider returned last. */
  #latest: string | undefined;
  /** The open connection's token. */
  #present: string | undefined;
  /** Aborts when the WebSocket that the present token is for has closed. */
  #closed = AbortSignal.abort();
  #cancel = (): void => undefined;
  #running: Promise<SessionError | undefined> | undefined;

  constructor(options: TokensOptions) {
    this.#options = options;
  }

  /** @param serverTimeMs a timestamp that the server has just sent, in epoch milliseconds. */
  measure(serverTimeMs: number): void {
    this.#serverOffsetMs = serverTimeMs - Date.now();
    this.#isMeasured = true;
  }

  /**
   * Returns a token for a handshake. If it seems expired, asks for another one. The clock only advises:
   * a token that still seems expired is used, and the server decides.
   *
   * @throws SessionError: the provider's own, TIMEOUT, or APPLICATION_ERROR; or the signal's reason.
   */
  async getForConnect(forceRefresh: boolean, signal: AbortSignal): Promise<string | undefined> {
    const token = await this.#get(forceRefresh, signal);
    if (forceRefresh || !token || !(readTimes(token).expiresAtMs < this.serverTimeMs + MIN_TOKEN_LIFE_MS))
      return token;
    return this.#get(true, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      if (toSessionError(error).retryable) return token;
      throw error;
    });
  }

  /** Plans the refresh of the token that a WebSocket was opened with, until the WebSocket has closed. */
  plan({ token, closed }: Pick<Socket, "token" | "closed">): void {
    this.#closed = closed;
    this.#present = token;
    this.#schedule(0);
    closed.addEventListener("abort", () => {
      if (closed === this.#closed) this.#cancel();
    });
  }

  /** Refreshes now; concurrent calls share one refresh. Returns the error if it failed. */
  async refresh(failures = 0): Promise<SessionError | undefined> {
    this.#running ??= this.#refresh(failures).finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** The server's time in epoch milliseconds. */
  get serverTimeMs(): number {
    return Date.now() + this.#serverOffsetMs;
  }

  async #get(forceRefresh: boolean, signal: AbortSignal): Promise<string | undefined> {
    const { provider, timings } = this.#options;
    const token: unknown = await withLimit(
      timings.tokenTimeoutMs,
      "The token provider did not answer in time.",
      [signal],
      async (limited) => provider?.({ forceRefresh, signal: limited }),
    ).catch((error: unknown) => {
      signal.throwIfAborted();
      throw toSessionError(error);
    });
    if (token === undefined || token === null) return undefined;
    if (typeof token !== "string" || token === "")
      throw new SessionError(
        "APPLICATION_ERROR",
        `The token provider returned ${token === "" ? "an empty string" : typeof token}; allowed is a token or undefined.`,
      );
    if (forceRefresh && token !== this.#latest && !this.#isMeasured) {
      const { issuedAtMs } = readTimes(token);
      if (Math.abs(issuedAtMs - this.serverTimeMs) > CLOCK_TOLERANCE_MS)
        this.#serverOffsetMs = issuedAtMs - Date.now();
    }
    this.#latest = token;
    return token;
  }

  async #refresh(failures: number): Promise<SessionError | undefined> {
    const { timings, send, onFailed } = this.#options;
    const closed = this.#closed;
    this.#cancel();
    try {
      const token = await this.#get(true, closed);
      if (token === undefined) throw missingToken();
      // The server is not asked: the provider has no newer token yet, and is called again later.
      if (token === this.#present)
        throw new SessionError("UNAVAILABLE", "The token provider returned the same token again.");
      await send(token, closed);
      this.#present = token;
      this.#schedule(timings.tokenRefreshFloorMs);
      return undefined;
    } catch (thrown) {
      const error = toSessionError(thrown);
      if (closed.aborted) return error;
      onFailed(error);
      // TOKEN_EXPIRED: the provider's new token had expired already, so a later one may help.
      if (error.retryable || error.code === "TOKEN_EXPIRED")
        this.#in(retryDelay(error.retryAfterMs, failures, timings.backoff), failures + 1);
      return error;
    }
  }

  /** Plans by the token's expiry, but not before `floorMs`: a wrong clock must not cause a storm of refreshes. */
  #schedule(floorMs: number): void {
    this.#cancel();
    const { expiresAtMs, issuedAtMs } = readTimes(this.#present ?? "");
    const leadMs = Math.min(
      this.#options.timings.tokenRefreshLeadMs,
      (expiresAtMs - issuedAtMs || Infinity) / 2,
    );
    const waitMs = expiresAtMs - leadMs - this.serverTimeMs;
    if (!isNaN(waitMs)) this.#in(Math.max(waitMs, floorMs), 0);
  }

  #in(milliseconds: number, failures: number): void {
    this.#cancel();
    if (!this.#closed.aborted) this.#cancel = after(milliseconds, () => void this.refresh(failures));
  }
}

/** Returns the error of a provider that has no token where one is required. */
export function missingToken(): SessionError {
  return new SessionError("UNAUTHORIZED", "The token provider returned no token: sign in.");
}

/** The times of a token in epoch milliseconds; NaN for a time that cannot be read. */
export interface TokenTimes {
  readonly expiresAtMs: number;
  readonly issuedAtMs: number;
}

/** Reads a token's times. The server verifies the token; the client only plans by it. */
export function readTimes(token: string): TokenTimes {
  try {
    const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const { exp, iat } = JSON.parse(atob(payload)) as { exp: number; iat: number };
    return { expiresAtMs: exp * 1000, issuedAtMs: iat * 1000 };
  } catch {
    return { expiresAtMs: NaN, issuedAtMs: NaN };
  }
}
