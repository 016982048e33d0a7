import { fromErrorMessage, SessionError } from "./errors.ts";
import type { ServerMessage } from "./protocol.generated.ts";

interface PendingRequest {
  readonly resolve: (reply: ServerMessage) => void;
  readonly reject: (error: Error) => void;
}

/** The requests under way on one connection, by requestId. */
export class PendingRequests {
  readonly #pending = new Map<string, PendingRequest>();
  #drainCallbacks: (() => void)[] = [];

  /** Resolves with the request's reply; rejects with the error reply, TIMEOUT or the signal's reason. */
  async add(requestId: string, timeoutMs: number, signal?: AbortSignal): Promise<ServerMessage> {
    return new Promise((resolve, reject) => {
      const remove = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        this.#pending.delete(requestId);
        if (this.#pending.size === 0) for (const callback of this.#drainCallbacks.splice(0)) callback();
      };
      const fail = (error: Error): void => {
        remove();
        reject(error);
      };
      const onAbort = (): void => fail(signal?.reason as Error);
      const timer = setTimeout(
        () => fail(new SessionError("TIMEOUT", "The server did not reply in time.")),
        timeoutMs,
      );
      signal?.addEventListener("abort", onAbort);
      this.#pending.set(requestId, {
        resolve: (reply) => {
          remove();
          resolve(reply);
        },
        reject: fail,
      });
    });
  }

  /** Settles the request that a message answers. Returns false if no request waits for the message. */
  settle(message: ServerMessage): boolean {
    const requestId = "requestId" in message ? message.requestId : undefined;
    const request = requestId === undefined ? undefined : this.#pending.get(requestId);
    if (!request) return false;
    if (message.type === "error") request.reject(fromErrorMessage(message));
    else request.resolve(message);
    return true;
  }

  rejectAll(error: Error): void {
    for (const request of [...this.#pending.values()]) request.reject(error);
  }

  /** Resolves once no request is under way. */
  async drained(): Promise<void> {
    if (this.#pending.size === 0) return;
    await new Promise<void>((resolve) => this.#drainCallbacks.push(resolve));
  }
}
