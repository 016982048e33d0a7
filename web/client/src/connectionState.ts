import type { SessionError } from "./errors.ts";

/**
 * Where a connection stands. `attempt` counts the tries since it was last open; times are epoch milliseconds.
 *
 * `open` means attached too: the session was created, resumed or joined on it.
 */
export type ConnectionState =
  | { readonly name: "idle" }
  | { readonly name: "connecting"; readonly attempt: number }
  | { readonly name: "open"; readonly since: number }
  | {
      readonly name: "waitingToRetry";
      readonly attempt: number;
      readonly retryAt: number;
      readonly error: SessionError;
    }
  | { readonly name: "handingOver" }
  | { readonly name: "closed"; readonly error: SessionError | undefined };

export type ConnectionStateName = ConnectionState["name"];

/** Every change of state that there is. */
export const TRANSITIONS: Readonly<Record<ConnectionStateName, readonly ConnectionStateName[]>> = {
  idle: ["connecting", "closed"],
  connecting: ["open", "waitingToRetry", "closed"],
  open: ["handingOver", "waitingToRetry", "closed"],
  waitingToRetry: ["connecting", "closed"],
  handingOver: ["open", "waitingToRetry", "closed"],
  closed: [],
};
