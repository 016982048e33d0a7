/** Returns 128 random bits in hexadecimal. `crypto.randomUUID` is missing on pages that were loaded over http:. */
export function newRequestId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => (byte % 16).toString(16)).join("");
}
