import type { ConnectionState } from "./connectionState.ts";
import type { SessionError } from "./errors.ts";

/** An event for debugging. It carries no token and no payload. `socket` counts a connection's WebSockets. */
export type DebugEvent =
  | { readonly event: "state"; readonly state: ConnectionState }
  | { readonly event: "opened"; readonly socket: number }
  | { readonly event: "closed"; readonly socket: number; readonly code: number; readonly error: SessionError }
  | {
      readonly event: "sent" | "received";
      readonly socket: number;
      /** The message's `action` or `type`. */
      readonly name: string;
      readonly requestId: string | undefined;
      readonly characters: number;
    }
  | { readonly event: "warning"; readonly error: SessionError };

export type DebugHook = (event: DebugEvent) => void;
