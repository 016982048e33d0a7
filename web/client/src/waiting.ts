import { SessionError } from "./errors.ts";

/** Timers with a longer delay than this would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Returns milliseconds on a clock that the device's user and time servers cannot change. */
export function monotonicMs(): number {
  return performance.now();
}

/** Calls back after this long, at most after 24.8 days. Returns a function that cancels the call. */
export function after(milliseconds: number, callback: () => void): () => void {
  const timer = setTimeout(callback, Math.min(milliseconds, MAX_TIMER_MS));
  return () => clearTimeout(timer);
}

/**
 * Returns a promise that `start` settles, or that rejects with the signal's reason. Afterwards it calls the
 * function that `start` returned.
 */
export async function abortable<Result = void>(
  signal: AbortSignal | undefined,
  start: (resolve: (result: Result) => void, reject: (error: unknown) => void) => () => void,
): Promise<Result> {
  signal?.throwIfAborted();
  let stop: (() => void) | undefined;
  let onAbort = (): void => undefined;
  try {
    return await new Promise((resolve, reject) => {
      onAbort = () => reject(signal?.reason as Error);
      signal?.addEventListener("abort", onAbort);
      stop = start(resolve, reject);
    });
  } finally {
    signal?.removeEventListener("abort", onAbort);
    stop?.();
  }
}

/** Waits for this long; rejects with the signal's reason if the signal aborts first. */
export async function delay(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return abortable(signal, (resolve) => after(milliseconds, resolve));
}

/**
 * Runs an action with a time limit and signals. The action gets one signal for all of them, and the result
 * does not depend on whether the action heeds it.
 *
 * @param subject what the error of a time-out names.
 * @throws SessionError TIMEOUT after the limit, or the reason of the first signal that aborts.
 */
export async function withLimit<Result>(
  timeoutMs: number,
  subject: string,
  signals: readonly (AbortSignal | undefined)[],
  action: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const limit = new AbortController();
  const signal = AbortSignal.any([limit.signal, ...signals.filter((each) => each !== undefined)]);
  return abortable(signal, (resolve, reject) => {
    action(signal).then(resolve, reject);
    return after(timeoutMs, () =>
      limit.abort(new SessionError("TIMEOUT", `${subject} took over ${timeoutMs} ms.`)),
    );
  });
}
