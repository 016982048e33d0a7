/** A session that a person speaks in, remembered so that it can be taken up again: no token, no position. */
export interface RememberedSession {
  readonly sessionId: string;
  /** The id of the user who speaks in it. */
  readonly owner: string;
  /** Whether the microphone was muted: who was silent does not go on air by a reload. */
  readonly muted: boolean;
}

const KEY = "websocket-sessions.speaking";

type Keeper = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/**
 * Remembered in the tab, and in the browser behind it. A tab finds its own session after a reload, also
 * where another tab speaks in another one; a new tab finds the latest, after a crash or a closed window.
 * Names, not values: a browser that forbids storage throws already at these.
 */
const PLACES: readonly (() => Keeper)[] = [() => sessionStorage, () => localStorage];

export function remember(session: RememberedSession, places = PLACES): void {
  for (const place of places) within(place, (storage) => storage.setItem(KEY, JSON.stringify(session)));
}

export function recall(places = PLACES): RememberedSession | undefined {
  for (const place of places) {
    const found = within(place, read);
    if (found) return found;
  }
  return undefined;
}

/** Forgets this session, and none that was remembered in its place. */
export function forget(sessionId: string, places = PLACES): void {
  for (const place of places)
    within(place, (storage) => {
      if (read(storage)?.sessionId === sessionId) storage.removeItem(KEY);
    });
}

function read(storage: Keeper): RememberedSession | undefined {
  const kept = JSON.parse(storage.getItem(KEY) ?? "null") as Partial<RememberedSession> | null;
  if (typeof kept?.sessionId !== "string" || typeof kept.owner !== "string") return undefined;
  return { sessionId: kept.sessionId, owner: kept.owner, muted: kept.muted === true };
}

/** A page does without where storage is full, forbidden, or holds something else. */
function within<Found>(place: () => Keeper, action: (storage: Keeper) => Found): Found | undefined {
  try {
    return action(place());
  } catch {
    return undefined;
  }
}
