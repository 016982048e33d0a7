/** A speaker's session, stored so that the page can resume it. It holds no token and no position. */
export interface StoredSession {
  readonly sessionId: string;
  /** The speaker's user id. */
  readonly owner: string;
  /** Whether the microphone was muted: a reload must not unmute it. */
  readonly muted: boolean;
}

const KEY = "websocket-sessions.speaking";

type KeyValueStore = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/**
 * The tab's storage, then the browser's. After a reload a tab finds its own session, even if another tab
 * speaks in another session. After a crash or a closed window, a new tab finds the latest session.
 * Functions, because a browser that forbids storage throws when the storage is named.
 */
const STORAGES: readonly (() => KeyValueStore)[] = [() => sessionStorage, () => localStorage];

/** Stores a session in the tab and in the browser. */
export function storeSession(session: StoredSession, storages = STORAGES): void {
  for (const open of storages) tryStorage(open, (storage) => storage.setItem(KEY, JSON.stringify(session)));
}

/** Returns the tab's session, else the browser's latest one, else undefined. */
export function readStoredSession(storages = STORAGES): StoredSession | undefined {
  for (const open of storages) {
    const found = tryStorage(open, read);
    if (found) return found;
  }
  return undefined;
}

/** Removes this session; keeps another session that was stored later. */
export function removeStoredSession(sessionId: string, storages = STORAGES): void {
  for (const open of storages)
    tryStorage(open, (storage) => {
      if (read(storage)?.sessionId === sessionId) storage.removeItem(KEY);
    });
}

function read(storage: KeyValueStore): StoredSession | undefined {
  const entry = JSON.parse(storage.getItem(KEY) ?? "null") as Partial<StoredSession> | null;
  if (typeof entry?.sessionId !== "string" || typeof entry.owner !== "string") return undefined;
  return { sessionId: entry.sessionId, owner: entry.owner, muted: entry.muted === true };
}

/** Returns undefined if storage is full, forbidden, or holds something else. */
function tryStorage<Found>(
  open: () => KeyValueStore,
  action: (storage: KeyValueStore) => Found,
): Found | undefined {
  try {
    return action(open());
  } catch {
    return undefined;
  }
}
