import type { Quality, Status } from "./protocol.generated.ts";

/** What of a session changes. */
interface Changing {
  readonly status: Status | undefined;
  readonly quality: Quality | undefined;
  readonly version: number;
}

/** The later of two states: pushes and replies may overtake each other, and an end is for good. */
export function mergeState<Known extends Changing, Told extends Changing>(
  known: Known,
  told: Told,
): Pick<Known | Told, keyof Changing> {
  const { status, quality, version } =
    known.status === "ended" || told.version <= known.version ? known : told;
  return { status, quality, version };
}
