/**
 * Watches `online`, `offline` and the page's visibility until the signal aborts; does nothing outside a browser.
 *
 * These are only hints: a laptop with a virtual network is always "online". Timers make the decision.
 *
 * @param onSuspect called when the connection may be dead.
 * @param onOnline called when an attempt to connect may succeed.
 */
export function watchEnvironment(signal: AbortSignal, onSuspect: () => void, onOnline: () => void): void {
  if (typeof window === "undefined") return;
  const wake = (): void => {
    onSuspect();
    onOnline();
  };
  const onVisibility = (): void => {
    if (document.visibilityState === "visible") wake();
  };
  const change = (method: "addEventListener" | "removeEventListener"): void => {
    window[method]("online", wake);
    window[method]("offline", onSuspect);
    document[method]("visibilitychange", onVisibility);
  };
  change("addEventListener");
  signal.addEventListener("abort", () => change("removeEventListener"));
}
