import { SessionError } from "./errors.ts";

/**
 * Gives the token of the signed-in user, or nothing for an anonymous listener.
 *
 * It is asked at each connect, so that no connection starts with an old token.
 * `forceRefresh` means that the one before was refused or runs out soon.
 */
export type TokenProvider = (options: { forceRefresh: boolean }) => Promise<string | undefined>;

/** A token with less left than this (ms) would run out during the handshake. */
const LEAST_LIFE = 5000;

/**
 * A token that is good for a while, asking twice if need be.
 *
 * @throws SessionError, TOKEN_EXPIRED if even the second one is old.
 */
export async function freshToken(
  provider: TokenProvider,
  forceRefresh: boolean,
): Promise<string | undefined> {
  const token = await provider({ forceRefresh });
  if (!isOld(token)) return token;
  const second = forceRefresh ? token : await provider({ forceRefresh: true });
  if (!isOld(second)) return second;
  throw new SessionError("TOKEN_EXPIRED", "The sign-in has run out.");
}

/** When the token runs out, in epoch milliseconds; nothing if that cannot be read from it. */
export function tokenExpiry(token: string): number | undefined {
  try {
    const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown };
    return typeof exp === "number" ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

function isOld(token: string | undefined): boolean {
  const expiry = token === undefined ? undefined : tokenExpiry(token);
  return expiry !== undefined && expiry < Date.now() + LEAST_LIFE;
}
