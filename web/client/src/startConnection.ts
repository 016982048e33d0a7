import type { Connection } from "./connection.ts";
import type { ConnectionState } from "./connectionState.ts";
import { hasCode, SessionError } from "./errors.ts";
import { withLimit } from "./waiting.ts";

export interface StartOptions {
  readonly signal?: AbortSignal | undefined;
  /** Limit over all attempts; `timings.requestTimeoutMs` by default. */
  readonly timeoutMs?: number | undefined;
  /** Gets the connection and each of its states until the start has succeeded or failed. */
  readonly onState?: ((state: ConnectionState, connection: Connection) => void) | undefined;
}

/**
 * Opens a connection and waits until it is ready. Closes it if that fails.
 *
 * @throws SessionError: what closed the connection, or TIMEOUT with the last failure as its
 * `cause`; or the signal's reason.
 */
export async function startConnection<Result>(
  connection: Connection,
  { signal, timeoutMs = connection.timings.requestTimeoutMs, onState }: StartOptions,
  subject: string,
  isReady: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  let cause: SessionError | undefined;
  connection.open();
  const unsubscribe = connection.state.subscribe((state) => {
    onState?.(state, connection);
    if (state.name === "waitingToRetry") cause = state.error;
  });
  try {
    return await withLimit(timeoutMs, subject, [signal, connection.closed], isReady);
  } catch (error) {
    connection.close();
    throw hasCode(error, "TIMEOUT") ? new SessionError("TIMEOUT", error.message, { cause }) : error;
  } finally {
    unsubscribe();
  }
}
