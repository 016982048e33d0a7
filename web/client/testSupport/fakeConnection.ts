import type { ServerMessage } from "../src/protocol.generated.ts";

/** One WebSocket of the fake server, as its session sees it. */
export interface FakeConnection {
  readonly number: number;
  readonly token: string | undefined;
  readonly push: (message: ServerMessage) => void;
  readonly drop: () => void;
  readonly close: (code: number) => void;
  readonly isOpen: () => boolean;
}
