import type { EndReason, Language, Quality, Status } from "./protocol.generated.ts";

export interface ListenerState {
  readonly sessionId: string;
  readonly targetLanguage: Language;
  /** Nothing until joined. `ended` without an `endReason`: its records were gone when the listener came back. */
  readonly status: Status | undefined;
  readonly sourceLanguage: Language | undefined;
  readonly quality: Quality | undefined;
  /** Counts the changes of the session's state; -1 before the join. */
  readonly version: number;
  readonly endReason: EndReason | undefined;
}

/** Before the join. */
export function notJoined(sessionId: string, targetLanguage: Language): ListenerState {
  return {
    sessionId,
    targetLanguage,
    status: undefined,
    sourceLanguage: undefined,
    quality: undefined,
    version: -1,
    endReason: undefined,
  };
}
