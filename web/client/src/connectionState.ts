import type { SessionError } from "./errors.ts";

/**
 * A connection's state. `attempt` counts the attempts since the connection was last open. Times are epoch
 * milliseconds.
 *
 * `open` includes attached: the session was created, resumed or joined on the connection.
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

/** The allowed changes of state. */
export const TRANSITIONS: Readonly<Record<ConnectionStateName, readonly ConnectionStateName[]>> = {
  idle: ["connecting", "closed"],
  connecting: ["open", "waitingToRetry", "closed"],
  open: ["handingOver", "waitingToRetry", "closed"],
  waitingToRetry: ["connecting", "closed"],
  handingOver: ["open", "waitingToRetry", "closed"],
  closed: ["connecting"],
};
