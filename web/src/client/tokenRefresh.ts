import { backoffDelay } from "./backoff.ts";
import { toSessionError, type SessionError } from "./errors.ts";
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

  constructor(options: TokenRefreshOptions) {
    this.#options = options;
  }

  /** Plans the refresh of the token that a connection was opened with. */
  plan(token: string | undefined): void {
    this.stop();
    const expiry = token === undefined ? undefined : tokenExpiry(token);
    if (expiry !== undefined) this.#in(expiry - this.#options.timings.tokenLead - Date.now());
  }

  /** Refreshes now; calls while one is under way share it. */
  async refresh(): Promise<void> {
    this.#running ??= this.#refresh().finally(() => (this.#running = undefined));
    return this.#running;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async #refresh(failures = 0): Promise<void> {
    this.stop();
    try {
      const token = await freshToken(this.#options.provider, true);
      if (token === undefined) return;
      await this.#options.send(token);
      this.plan(token);
    } catch (thrown) {
      const error = toSessionError(thrown);
      if (error.code === "CLOSED") return;
      if (!error.retryable) this.#options.refused(error);
      else this.#in(backoffDelay(failures, this.#options.timings.backoff), failures + 1);
    }
  }

  #in(milliseconds: number, failures = 0): void {
    const wait = Math.min(Math.max(milliseconds, 0), LONGEST_TIMER);
    this.#timer = setTimeout(() => void this.#refresh(failures), wait);
  }
}
