import type { Unsubscribe } from "./observable.ts";

/** Reactions to hints of the browser about its network. */
export interface EnvironmentListener {
  /** The connection may be dead. */
  readonly onSuspect: () => void;
  /** An attempt to connect may succeed now. */
  readonly onOnline: () => void;
}

/**
 * Watches `online`, `offline` and the page's visibility; does nothing outside a browser.
 *
 * These are only hints: a laptop with a virtual network is always "online". Timers make the decision.
 */
export function watchEnvironment({ onSuspect, onOnline }: EnvironmentListener): Unsubscribe {
  if (typeof window === "undefined") return () => undefined;
  const wake = (): void => {
    onSuspect();
    onOnline();
  };
  const onVisibility = (): void => {
    if (document.visibilityState === "visible") wake();
  };
  window.addEventListener("online", wake);
  window.addEventListener("offline", onSuspect);
  document.addEventListener("visibilitychange", onVisibility);
  return () => {
    window.removeEventListener("online", wake);
    window.removeEventListener("offline", onSuspect);
    document.removeEventListener("visibilitychange", onVisibility);
  };
}
