import type { Quality, Status } from "./protocol.generated.ts";

/** The properties of a session that change. */
interface ChangingState {
  readonly status?: Status | undefined;
  readonly quality?: Quality | undefined;
  /** Absent while the speaker is not muted. */
  readonly muted?: true | undefined;
  /** When the session ends unless its speaker returns; absent while the speaker is there. */
  readonly graceEndsAt?: string | undefined;
  readonly version: number;
}

/** Returns the later of two states, whichever arrived first. A session that has ended stays ended. */
export function mergeState<Known extends ChangingState, Received extends ChangingState>(
  known: Known,
  received: Received,
): Pick<Known | Received, keyof ChangingState> {
  const { status, quality, muted, graceEndsAt, version } =
    known.status === "ended" || received.version <= known.version ? known : received;
  return { status, quality, muted, graceEndsAt, version };
}
