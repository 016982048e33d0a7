import type { Language, Quality } from "../protocol.generated.ts";

/** What a person chose last, kept in this browser. */
export interface Preferences {
  readonly language?: Language;
  readonly quality?: Quality;
  readonly deviceId?: string;
  readonly targetLanguage?: Language;
  readonly volume?: number;
}

const KEY = "websocket-sessions.preferences";

type Keeper = Pick<Storage, "getItem" | "setItem">;

/** A page does without them where storage is full, forbidden, or holds something else. */
export function readPreferences(storage?: Keeper): Preferences {
  try {
    // Asked for here, since a browser that forbids storage throws already at its name.
    const kept: unknown = JSON.parse((storage ?? localStorage).getItem(KEY) ?? "{}");
    return typeof kept === "object" && kept !== null ? kept : {};
  } catch {
    return {};
  }
}

export function keepPreferences(change: Preferences, storage?: Keeper): void {
  try {
    (storage ?? localStorage).setItem(KEY, JSON.stringify({ ...readPreferences(storage), ...change }));
  } catch {
    // The choice holds for this visit only.
  }
}
