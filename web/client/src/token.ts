import { SessionError, toSessionError } from "./errors.ts";
import type { ServerClock } from "./serverClock.ts";
import type { Timings } from "./timings.ts";
import { withLimit } from "./waiting.ts";

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

/** The claims of a token that the client reads; undefined if the token cannot be read. */
export interface TokenTimes {
  readonly expiresAtMs: number | undefined;
  readonly issuedAtMs: number | undefined;
}

/** A token that expires sooner is replaced before the handshake. */
const MIN_TOKEN_LIFE_MS = 5000;

/** Gets tokens from the application's provider, with a time limit and a check of what it returns. */
export class TokenSource {
  readonly #provider: TokenProvider | undefined;
  readonly #timeoutMs: number;
  readonly #clock: ServerClock;
  #previous: string | undefined;

  constructor(provider: TokenProvider | undefined, timings: Timings, clock: ServerClock) {
    this.#provider = provider;
    this.#timeoutMs = timings.tokenTimeoutMs;
    this.#clock = clock;
  }

  /**
   * Returns the provider's token.
   *
   * @throws SessionError: the provider's own, TIMEOUT, or APPLICATION_ERROR; or the signal's reason.
   */
  async get(forceRefresh: boolean, signal: AbortSignal): Promise<string | undefined> {
    const token: unknown = await withLimit(
      async (limited) => this.#provider?.({ forceRefresh, signal: limited }),
      {
        timeoutMs: this.#timeoutMs,
        message: "The token provider did not answer in time.",
        signals: [signal],
      },
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
    if (forceRefresh && token !== this.#previous) {
      const { issuedAtMs } = readTimes(token);
      if (issuedAtMs !== undefined) this.#clock.estimate(issuedAtMs);
    }
    this.#previous = token;
    return token;
  }

  /**
   * Returns a token for a handshake. If it seems expired, asks for another one. The clock only advises:
   * a token that still seems expired is used, and the server decides.
   */
  async getForConnect(forceRefresh: boolean, signal: AbortSignal): Promise<string | undefined> {
    const token = await this.get(forceRefresh, signal);
    if (forceRefresh || token === undefined || !this.#seemsExpired(token)) return token;
    return this.get(true, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      if (toSessionError(error).retryable) return token;
      throw error;
    });
  }

  #seemsExpired(token: string): boolean {
    const { expiresAtMs } = readTimes(token);
    return expiresAtMs !== undefined && expiresAtMs < this.#clock.nowMs + MIN_TOKEN_LIFE_MS;
  }
}

/** Reads a token's times, in epoch milliseconds. The server verifies the token; the client only plans by it. */
export function readTimes(token: string): TokenTimes {
  try {
    const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const { exp, iat } = JSON.parse(atob(payload)) as { exp?: unknown; iat?: unknown };
    return { expiresAtMs: toMilliseconds(exp), issuedAtMs: toMilliseconds(iat) };
  } catch {
    return { expiresAtMs: undefined, issuedAtMs: undefined };
  }
}

function toMilliseconds(seconds: unknown): number | undefined {
  return typeof seconds === "number" ? seconds * 1000 : undefined;
}
