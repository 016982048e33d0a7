import { backoffDelay } from "./backoff.ts";
import { SessionError, toSessionError } from "./errors.ts";
import type { Timings } from "./timings.ts";
import { freshToken, tokenExpiry, type TokenProvider } from "./token.ts";

export interface TokenRefreshOptions {
  readonly provider: TokenProvider;
  readonly timings: Timings;
  /** Sends the token over the open connection. */
  readonly send: (token: string) => Promise<unknown>;
  /** The user must sign in again. */
  readonly refused: (error: SessionError) => void;
}

const LONGEST_TIMER = 2 ** 31 - 1;

/** Replaces a connection's token in band, shortly before it runs out, so that the connection need not be cut. */
export class TokenRefresh {
  readonly #options: TokenRefreshOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | undefined;
  /** What the connection has. */
  #token: string | undefined;
  /** Counts the plans, so that a refresh that was overtaken plans nothing any more. */
  #plan = 0;

  constructor(options: TokenRefreshOptions) {
    this.#options = options;
  }

  /** Plans the refresh of the token that a connection was opened with. */
  plan(token: string | undefined): void {
    this.stop();
    this.#token = token;
    const expiry = token === undefined ? undefined : tokenExpiry(token);
    if (expiry !== undefined) this.#in(expiry - this.#options.timings.tokenLead - Date.now());
  }

  /** Refreshes now; calls while one is under way share it. */
  async refresh(): Promise<void> {
    return this.#share(0);
  }

  stop(): void {
    this.#plan++;
    clearTimeout(this.#timer);
  }

  async #share(failures: number): Promise<void> {
    this.#running ??= this.#refresh(failures).finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #refresh(failures: number): Promise<void> {
    this.stop();
    const plan = this.#plan;
    try {
      const token = await freshToken(this.#options.provider, true);
      if (token === undefined) return;
      // A provider that has no newer one yet is asked again; the server has nothing to do with it.
      if (token === this.#token) throw new SessionError("UNAVAILABLE", "There is no newer token.");
      await this.#options.send(token);
      if (plan === this.#plan) this.plan(token);
    } catch (thrown) {
      const error = toSessionError(thrown);
      if (plan !== this.#plan) return;
      if (!error.retryable) this.#options.refused(error);
      else this.#in(backoffDelay(failures, this.#options.timings.backoff), failures + 1);
    }
  }

  #in(milliseconds: number, failures = 0): void {
    const wait = Math.min(Math.max(milliseconds, 0), LONGEST_TIMER);
    this.#timer = setTimeout(() => void this.#share(failures), wait);
  }
}
