import { retryDelay } from "./backoff.ts";
import { SessionError, toSessionError } from "./errors.ts";
import type { Socket } from "./socket.ts";
import type { SpeakerConnection } from "./speakerConnection.ts";
import { missingToken } from "./token.ts";
import { readTimes } from "./tokenTimes.ts";
import { after } from "./waiting.ts";

/**
 * Replaces a connection's token in band shortly before it expires. A failed refresh never closes the
 * connection: its present token may still be valid, and the server says when it is not.
 */
export class TokenRefresh {
  readonly #connection: SpeakerConnection;
  /** The open connection's token. */
  #token: string | undefined;
  /** Aborts when the WebSocket that the token is for has closed. */
  #closed = AbortSignal.abort();
  #cancel = (): void => undefined;
  #running: Promise<SessionError | undefined> | undefined;

  constructor(connection: SpeakerConnection) {
    this.#connection = connection;
  }

  /** Plans the refresh of the token that a WebSocket was opened with, until the WebSocket has closed. */
  plan({ token, closed }: Pick<Socket, "token" | "closed">): void {
    if (closed === this.#closed) return;
    this.#closed = closed;
    this.#token = token;
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

  async #refresh(failures: number): Promise<SessionError | undefined> {
    const connection = this.#connection;
    const { timings, warnings } = connection;
    const closed = this.#closed;
    this.#cancel();
    try {
      const token = await connection.getToken(true, closed);
      if (token === undefined) throw missingToken();
      // The server is not asked: the provider has no newer token yet, and is called again later.
      if (token === this.#token)
        throw new SessionError("UNAVAILABLE", "The token provider returned the same token.");
      await connection.requestOnce<"refreshToken">({ action: "refreshToken", token }, closed);
      this.#token = token;
      this.#schedule(timings.tokenRefreshFloorMs);
      return undefined;
    } catch (thrown) {
      const error = toSessionError(thrown);
      if (closed.aborted) return error;
      warnings.emit(error);
      // TOKEN_EXPIRED: the provider's new token had expired already, so a later one may help.
      if (error.retryable || error.code === "TOKEN_EXPIRED")
        this.#in(retryDelay(error.retryAfterMs, failures, timings.backoff), failures + 1);
      return error;
    }
  }

  /** Plans by the token's expiry, but not before `floorMs`: a wrong clock must not cause a storm of refreshes. */
  #schedule(floorMs: number): void {
    this.#cancel();
    const { timings, serverTimeMs } = this.#connection;
    const { expiresAtMs, issuedAtMs } = readTimes(this.#token ?? "");
    const leadMs = Math.min(timings.tokenRefreshLeadMs, (expiresAtMs - issuedAtMs || Infinity) / 2);
    const waitMs = expiresAtMs - leadMs - serverTimeMs;
    if (!isNaN(waitMs)) this.#in(Math.max(waitMs, floorMs), 0);
  }

  #in(milliseconds: number, failures: number): void {
    this.#cancel();
    if (!this.#closed.aborted) this.#cancel = after(milliseconds, () => void this.refresh(failures));
  }
}
