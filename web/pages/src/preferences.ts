import type { Language, Quality } from "websocket-sessions";

/** A person's last choices, saved in this browser. */
export interface Preferences {
  readonly language?: Language;
  readonly quality?: Quality;
  readonly deviceId?: string;
  readonly targetLanguage?: Language;
  readonly volume?: number;
}

const KEY = "websocket-sessions.preferences";

type KeyValueStore = Pick<Storage, "getItem" | "setItem">;

/** Returns the saved choices; empty if storage is forbidden or holds something else. */
export function readPreferences(storage?: KeyValueStore): Preferences {
  try {
    // Named inside the try: a browser that forbids storage throws when `localStorage` is read.
    const saved: unknown = JSON.parse((storage ?? localStorage).getItem(KEY) ?? "{}");
    return typeof saved === "object" && saved !== null ? saved : {};
  } catch {
    return {};
  }
}

/** Saves the changed choices beside the others; does nothing if storage is full or forbidden. */
export function savePreferences(change: Preferences, storage?: KeyValueStore): void {
  try {
    (storage ?? localStorage).setItem(KEY, JSON.stringify({ ...readPreferences(storage), ...change }));
  } catch {
    // The choice then lasts for this visit only.
  }
}
