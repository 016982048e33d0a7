import type { Connection } from "./connection.ts";
import type { JoinSession, Language, SessionJoined } from "./protocol.generated.ts";

/** Brings the pushes to a session's audience to one listener, beside its connection. */
export interface Channel {
  /**
   * Whether the listener must join again: the server pushes on the other way than the channel's state demands, or
   * the channel needs a new offer. The listener repeats the join with growing waits until this is false.
   */
  readonly isJoinDue: boolean;
  /** Returns the channel's part of a `joinSession` that is sent next. */
  joinFields(targetLanguage: Language): Pick<JoinSession, "onChannel">;
  /** Gets each reply to `joinSession`, with the server's offer. Gets late replies, too. */
  onJoined(reply: SessionJoined): void;
}

/**
 * Creates the channel of one listener. The channel emits what it receives on the connection's `messages`, and
 * closes when the connection's state becomes `closed`.
 *
 * @param joinAgain makes the listener join again now if `isJoinDue` is true.
 */
export type ChannelAdapter = (connection: Connection, joinAgain: () => void) => Channel;
