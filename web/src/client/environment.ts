import type { Unsubscribe } from "./observable.ts";

/** What a page tells about its network. `onDoubt`: the connection may be dead; `onHope`: trying may help now. */
export interface EnvironmentListener {
  readonly onDoubt: () => void;
  readonly onHope: () => void;
}

/**
 * Watches `online`, `offline` and the page's visibility; outside a browser it watches nothing.
 *
 * These are hints only: a laptop with a virtual network is always "online", so timers decide in the end.
 */
export function watchEnvironment({ onDoubt, onHope }: EnvironmentListener): Unsubscribe {
  if (typeof window === "undefined") return () => undefined;
  const back = (): void => {
    onDoubt();
    onHope();
  };
  const shown = (): void => {
    if (document.visibilityState === "visible") back();
  };
  window.addEventListener("online", back);
  window.addEventListener("offline", onDoubt);
  document.addEventListener("visibilitychange", shown);
  return () => {
    window.removeEventListener("online", back);
    window.removeEventListener("offline", onDoubt);
    document.removeEventListener("visibilitychange", shown);
  };
}
