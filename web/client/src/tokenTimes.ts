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
