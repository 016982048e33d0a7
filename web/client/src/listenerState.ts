import type { EndReason, Language, Quality, Status } from "./protocol.generated.ts";

export interface ListenerState {
  readonly sessionId: string;
  /** The language that the listener wants; the server may still serve another one. */
  readonly targetLanguage: Language;
  /** Undefined until joined. `ended` without `endReason`: the records were deleted before the listener returned. */
  readonly status?: Status | undefined;
  readonly sourceLanguage?: Language | undefined;
  readonly quality?: Quality | undefined;
  /** True while the speaker is muted. */
  readonly muted?: true | undefined;
  /** When the session ends unless its speaker returns, as an ISO 8601 time; undefined while the speaker is there. */
  readonly graceEndsAt?: string | undefined;
  /** Counts the changes of the session's state; -1 before the join. */
  readonly version: number;
  readonly endReason?: EndReason | undefined;
}
