import type { Connection } from "./connection.ts";
import type { ConnectionState } from "./connectionState.ts";
import type { SessionError } from "./errors.ts";
import type { WebSocketClass, WebSocketLike } from "./socket.ts";

/** An event for debugging. It carries no token and no payload. `socket` counts the WebSockets. */
export type DebugEvent =
  | { readonly event: "state"; readonly state: ConnectionState }
  | { readonly event: "warning"; readonly error: SessionError }
  | { readonly event: "opened"; readonly socket: number }
  | { readonly event: "closed"; readonly socket: number; readonly code: number }
  | {
      readonly event: "sent" | "received";
      readonly socket: number;
      /** The message's `action` or `type`. */
      readonly name: unknown;
      readonly requestId: unknown;
      readonly characters: number;
    };

export type DebugHook = (event: DebugEvent) => void;

/** Watches a connection. Returns the class to use for its WebSockets. */
export type Debugger = (connection: Connection, WebSocket: WebSocketClass) => WebSocketClass;

/** The listeners of a WebSocket, which the classes of browsers and of the package `ws` have. */
interface WebSocketEvents extends WebSocketLike {
  addEventListener(name: string, listener: (event: { data: unknown; code: number }) => void): void;
}

let socketCount = 0;

/** Returns the option `debug` that reports each state, message and failure to a hook such as `console.debug`. */
export function debugTo(hook: DebugHook): Debugger {
  return (connection, WebSocket) => {
    connection.state.subscribe((state) => hook({ event: "state", state }));
    connection.warnings.on((error) => hook({ event: "warning", error }));
    return class extends WebSocket {
      readonly #number = ++socketCount;

      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        const webSocket = this as unknown as WebSocketEvents;
        webSocket.addEventListener("open", () => hook({ event: "opened", socket: this.#number }));
        webSocket.addEventListener("message", ({ data }) => this.#report("received", String(data)));
        webSocket.addEventListener("close", ({ code }) =>
          hook({ event: "closed", socket: this.#number, code }),
        );
      }

      override send(text: string): void {
        super.send(text);
        this.#report("sent", text);
      }

      #report(event: "sent" | "received", text: string): void {
        const { action, type, requestId } = parse(text);
        hook({ event, socket: this.#number, name: action ?? type, requestId, characters: text.length });
      }
    };
  };
}

function parse(text: string): { action?: unknown; type?: unknown; requestId?: unknown } {
  try {
    return (JSON.parse(text) as object | null) ?? {};
  } catch {
    return {};
  }
}
