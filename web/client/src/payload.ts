import { SessionError } from "./errors.ts";
import type { ContentMessage } from "./listenerService.ts";
import type { PublishContent } from "./speakerService.ts";

export const JSON_TYPE = "application/json";
export const BINARY_TYPE = "application/octet-stream";

/** The part of a message that a payload is decoded from. */
export type Payload = Pick<ContentMessage, "data" | "encoding">;

/** Returns a value as content for `publish`. */
export function encodeJson(value: unknown): PublishContent {
  return { data: JSON.stringify(value), contentType: JSON_TYPE };
}

/** Returns a JSON message's value. @throws SessionError INVALID_MESSAGE if the data is not JSON. */
export function decodeJson(message: Payload): unknown {
  try {
    return JSON.parse(message.data);
  } catch (cause) {
    throw new SessionError("INVALID_MESSAGE", "The message's data is not JSON.", { cause });
  }
}

/** Returns bytes as content for `publish`, in base64: API Gateway carries text only. */
export function encodeBytes(bytes: Uint8Array, contentType = BINARY_TYPE): PublishContent {
  const data = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return { data, contentType, encoding: "base64" };
}

/** Returns a message's bytes: decoded base64, or its text as UTF-8. */
export function decodeBytes({ data, encoding }: Payload): Uint8Array<ArrayBuffer> {
  if (encoding !== "base64") return new TextEncoder().encode(data);
  return Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
}
