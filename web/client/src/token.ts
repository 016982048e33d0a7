import { SessionError, toSessionError } from "./errors.ts";
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

/**
 * Calls the provider with a time limit, and checks what it returns.
 *
 * @throws SessionError: the provider's own, TIMEOUT, or APPLICATION_ERROR; or the signal's reason.
 */
export async function requestToken(
  provider: TokenProvider | undefined,
  timeoutMs: number,
  forceRefresh: boolean,
  signal: AbortSignal,
): Promise<string | undefined> {
  const token: unknown = await withLimit(timeoutMs, "The token provider", [signal], async (limited) =>
    provider?.({ forceRefresh, signal: limited }),
  ).catch((error: unknown) => {
    signal.throwIfAborted();
    throw toSessionError(error);
  });
  if (token === undefined || token === null) return undefined;
  if (typeof token === "string" && token !== "") return token;
  throw new SessionError(
    "APPLICATION_ERROR",
    `The token provider returned ${typeof token}; allowed is a non-empty string or undefined.`,
  );
}

/** Returns the error of a provider that has no token where one is required. */
export function missingToken(): SessionError {
  return new SessionError("UNAUTHORIZED", "The token provider returned no token: sign in.");
}
