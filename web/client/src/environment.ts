import type { Unsubscribe } from "./observable.ts";

/** What a page tells about its network. `onSuspect`: the connection may be dead; `onOnline`: trying may help now. */
export interface EnvironmentListener {
  readonly onSuspect: () => void;
  readonly onOnline: () => void;
}

/**
 * Watches `online`, `offline` and the page's visibility; outside a browser it watches nothing.
 *
 * These are hints only: a laptop with a virtual network is always "online", so timers decide in the end.
 */
export function watchEnvironment({ onSuspect, onOnline }: EnvironmentListener): Unsubscribe {
  if (typeof window === "undefined") return () => undefined;
  const back = (): void => {
    onSuspect();
    onOnline();
  };
  const shown = (): void => {
    if (document.visibilityState === "visible") back();
  };
  window.addEventListener("online", back);
  window.addEventListener("offline", onSuspect);
  document.addEventListener("visibilitychange", shown);
  return () => {
    window.removeEventListener("online", back);
    window.removeEventListener("offline", onSuspect);
    document.removeEventListener("visibilitychange", shown);
  };
}
