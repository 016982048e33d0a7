/** The times of a token in epoch milliseconds; NaN for a time that cannot be read. */
export interface TokenTimes {
  readonly expiresAtMs: number;
  readonly issuedAtMs: number;
}

/** Reads a token's times. The server verifies the token; the client only plans by it. */
export function readTimes(token: string): TokenTimes {
  let claims = {} as { exp: number; iat: number };
  try {
    const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    claims = Object(JSON.parse(atob(payload))) as typeof claims;
  } catch {
    // The times stay unknown.
  }
  return { expiresAtMs: claims.exp * 1000, issuedAtMs: claims.iat * 1000 };
}
