import type { Connection } from "./connection.ts";
import type { SessionJoined } from "./protocol.generated.ts";
import type { RequestOf } from "./socket.ts";

/** Sends one `joinSession` and returns the reply. */
export type SendJoin = (message: RequestOf<"joinSession">) => Promise<SessionJoined>;

/** Brings the pushes to a session's audience to one listener, beside its connection. */
export interface Channel {
  /**
   * Whether the listener must join again: the server pushes on the other way than the channel's state demands, or
   * the channel needs a new offer. The listener repeats the join with growing waits until this is false.
   */
  readonly isJoinDue: boolean;
  /** Sends `joinSession` with the channel's part, and returns the reply. Rejects as `send` does. */
  join(message: RequestOf<"joinSession">, send: SendJoin): Promise<SessionJoined>;
  /** A reply arrived after its request had timed out. The server may push on the other way since that request. */
  onLateReply(): void;
}

/**
 * Creates the channel of one listener. The channel emits what it receives on the connection's `messages`, and
 * closes when the connection's state becomes `closed`.
 *
 * @param joinAgain makes the listener join again now if `isJoinDue` is true.
 */
export type ChannelAdapter = (connection: Connection, joinAgain: () => void) => Channel;
