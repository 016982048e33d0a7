/**
 * Keeps the screen on while it is held: phones suspend a page, and its microphone, when the screen turns off.
 * Browsers without the Screen Wake Lock API, and pages in power-saving mode, do without.
 */
export class ScreenWakeLock {
  #sentinel: WakeLockSentinel | undefined;
  #isReleased = false;
  readonly #request = (): void => {
    // The browser releases the lock whenever the page is hidden.
    if (this.#isReleased || document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    navigator.wakeLock.request("screen").then(
      (sentinel) => {
        this.#sentinel = sentinel;
        if (this.#isReleased) this.release();
      },
      () => undefined,
    );
  };

  constructor() {
    document.addEventListener("visibilitychange", this.#request);
    this.#request();
  }

  release(): void {
    this.#isReleased = true;
    document.removeEventListener("visibilitychange", this.#request);
    void this.#sentinel?.release().catch(() => undefined);
  }
}
