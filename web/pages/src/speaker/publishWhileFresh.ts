import type { SpeakerService } from "websocket-sessions";

type PublishContent = Parameters<SpeakerService["publish"]>[0];

/** The parts of a speaker that this needs. */
export interface LiveSpeaker {
  readonly connection: Pick<SpeakerService["connection"], "state">;
  readonly publish: (content: PublishContent, options: { readonly signal: AbortSignal }) => Promise<number>;
}

/**
 * Publishes live content. The client repeats a message on a new connection until the server acknowledges it.
 * Content that expired while the connection was lost is not repeated: it would arrive late.
 *
 * @throws the reason of `expired`, or the failure of the publish.
 */
export async function publishWhileFresh(
  speaker: LiveSpeaker,
  content: PublishContent,
  expired: AbortSignal,
): Promise<number> {
  const { state } = speaker.connection;
  const stop = new AbortController();
  const stopIfLate = (): void => {
    const { name } = state.value;
    if (expired.aborted && name !== "open" && name !== "handingOver") stop.abort(expired.reason);
  };
  expired.addEventListener("abort", stopIfLate);
  const unsubscribe = state.subscribe(stopIfLate);
  try {
    return await speaker.publish(content, { signal: stop.signal });
  } finally {
    expired.removeEventListener("abort", stopIfLate);
    unsubscribe();
  }
}
