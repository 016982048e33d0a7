import { concat } from "./bytes.ts";

/** The ids of the WebM elements (Matroska, RFC 9559) that occur in live audio. */
export const Id = {
  header: 0x1a45dfa3,
  segment: 0x18538067,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
} as const;

export interface ElementHead {
  readonly id: number;
  /** Bytes of the element's id and size. */
  readonly headLength: number;
  /** Bytes of its content; undefined if a live recorder left the size open. */
  readonly length: number | undefined;
}

/** Returns an element's id and size; undefined while they are incomplete. */
export function readHead(bytes: Uint8Array, at: number): ElementHead | undefined {
  const idLength = vintLength(bytes[at]);
  if (idLength === undefined) return undefined;
  const sizeLength = vintLength(bytes[at + idLength]);
  if (sizeLength === undefined || at + idLength + sizeLength > bytes.length) return undefined;
  const marker = 2 ** (8 - sizeLength);
  const first = (bytes[at + idLength] ?? 0) % marker;
  const size = first * 256 ** (sizeLength - 1) + readNumber(bytes, at + idLength + 1, sizeLength - 1);
  // All ones means "unknown". A number holds 53 bits, which is more than any recording needs.
  const isOpen = size >= 2 ** (7 * sizeLength) - 1;
  return {
    id: readNumber(bytes, at, idLength),
    headLength: idLength + sizeLength,
    length: isOpen ? undefined : size,
  };
}

export function readNumber(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let index = 0; index < length; index++) value = value * 256 + (bytes[at + index] ?? 0);
  return value;
}

/** Returns an element whose size is written in four bytes. */
export function element(id: number, ...content: Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return concat([number(id), number(0x10000000 + length), ...content]);
}

/** Returns a non-negative number in as few bytes as possible. */
export function number(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 256))
    bytes.unshift(rest % 256);
  return Uint8Array.from(bytes);
}

/** Returns the length in bytes of a variable-size number, from the leading zeros of its first byte. */
function vintLength(first: number | undefined): number | undefined {
  return first === undefined || first === 0 ? undefined : Math.clz32(first) - 23;
}
