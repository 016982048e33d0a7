import { SessionError } from "./errors.ts";

/** Timers with a longer delay than this would fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** Returns milliseconds on a clock that the device's user and time servers cannot change. */
export function monotonicMs(): number {
  return performance.now();
}

/** Waits for this long; rejects with the signal's reason if the signal aborts first. */
export async function delay(milliseconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * Runs an action with a time limit and signals. The action gets one signal for all of them, and the result
 * does not depend on whether the action heeds it.
 *
 * @throws SessionError TIMEOUT after the limit, or the reason of the first signal that aborts.
 */
export async function withLimit<Result>(
  action: (signal: AbortSignal) => Promise<Result> | Result,
  { timeoutMs, message, signals = [] }: { timeoutMs: number; message: string; signals?: AbortSignal[] },
): Promise<Result> {
  const limit = new AbortController();
  const onTimeout = (): void => limit.abort(new SessionError("TIMEOUT", message));
  const timer = setTimeout(onTimeout, Math.min(timeoutMs, MAX_TIMER_MS));
  const signal = AbortSignal.any([limit.signal, ...signals]);
  let onAbort: () => void = () => undefined;
  try {
    signal.throwIfAborted();
    return await Promise.race([
      new Promise<never>((_, reject) => {
        onAbort = () => reject(signal.reason as Error);
        signal.addEventListener("abort", onAbort);
      }),
      (async () => action(signal))(),
    ]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}
