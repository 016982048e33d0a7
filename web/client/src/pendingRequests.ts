import type { ServerMessage } from "./protocol.generated.ts";
import { fromErrorMessage, SessionError } from "./errors.ts";

interface Pending {
  resolve: (reply: ServerMessage) => void;
  reject: (error: Error) => void;
}

/** Requests under way on one connection, by requestId. */
export class PendingRequests {
  readonly #pending = new Map<string, Pending>();
  #drained: (() => void)[] = [];

  get size(): number {
    return this.#pending.size;
  }

  async add(requestId: string, timeout: number, signal?: AbortSignal): Promise<ServerMessage> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        this.#pending.delete(requestId);
        if (this.#pending.size === 0) for (const drained of this.#drained.splice(0)) drained();
      };
      const fail = (error: Error): void => {
        settle();
        reject(error);
      };
      const abort = (): void => fail(signal?.reason as Error);
      const timer = setTimeout(
        () => fail(new SessionError("TIMEOUT", "The server did not answer in time.")),
        timeout,
      );
      signal?.addEventListener("abort", abort);
      this.#pending.set(requestId, {
        resolve: (reply) => {
          settle();
          resolve(reply);
        },
        reject: fail,
      });
    });
  }

  /** Gives a reply to the request that it answers; false if none waits for it (any more). */
  settle(message: ServerMessage): boolean {
    const requestId = "requestId" in message ? message.requestId : undefined;
    const pending = requestId === undefined ? undefined : this.#pending.get(requestId);
    if (!pending) return false;
    if (message.type === "error") pending.reject(fromErrorMessage(message));
    else pending.resolve(message);
    return true;
  }

  rejectAll(error: Error): void {
    for (const pending of [...this.#pending.values()]) pending.reject(error);
  }

  /** Resolves once nothing is under way. */
  async drained(): Promise<void> {
    if (this.#pending.size === 0) return;
    await new Promise<void>((resolve) => this.#drained.push(resolve));
  }
}
