import type { Quality } from "websocket-sessions";

/** How often a recording passes its packets on: a longer interval adds delay, a shorter one costs messages. */
export const CHUNK_MILLISECONDS = 500;

/** Opus needs 24 kbit/s for clear speech and 64 kbit/s for music. */
export const BITS_PER_SECOND: Readonly<Record<Quality, number>> = { standard: 24_000, premium: 64_000 };

/** A running recording that passes its packets on. */
export interface AudioRecorder {
  /** Stops; resolves after the last packets were passed on. */
  stop(): Promise<void>;
}
