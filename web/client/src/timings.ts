import type { BackoffBounds } from "./backoff.ts";

/** Every wait of the client, in milliseconds. Tests scale them; the defaults answer API Gateway's limits. */
export interface Timings {
  /** For the WebSocket handshake. */
  readonly connect: number;
  /** For one reply; API Gateway gives an integration 29 s, but a person has gone by then. */
  readonly reply: number;
  /** For a request over all its tries. */
  readonly request: number;
  /** Silence after which a heartbeat is sent; well below the idle cut of 10 minutes. */
  readonly heartbeat: number;
  /** Silence after a heartbeat that means a dead peer. */
  readonly heartbeatReply: number;
  /** The same when the network changed or the page came back, and a doubt is due. */
  readonly doubt: number;
  /** Age at which a connection is handed over unasked, before the cut at 2 hours. */
  readonly handover: number;
  /** At most this much earlier, at random, so that listeners do not all move together. */
  readonly handoverJitter: number;
  /** How long an old connection may finish what is under way once a new one has taken over. */
  readonly drain: number;
  /** How long before its end a token is replaced. */
  readonly tokenLead: number;
  /** How long a gap may stay open before the missing messages are asked for. */
  readonly gap: number;
  /** Silence from the session after which a listener asks whether it missed anything: at first, and at most. */
  readonly silence: BackoffBounds;
  /** How long a session's last messages are waited for once it has ended; the rate limits' window is a minute. */
  readonly ending: number;
  readonly backoff: BackoffBounds;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

export const DEFAULT_TIMINGS: Timings = {
  connect: 10 * SECOND,
  reply: 10 * SECOND,
  request: 30 * SECOND,
  heartbeat: 30 * SECOND,
  heartbeatReply: 10 * SECOND,
  doubt: 4 * SECOND,
  handover: 110 * MINUTE,
  handoverJitter: 2 * MINUTE,
  drain: 5 * SECOND,
  tokenLead: 2 * MINUTE,
  gap: SECOND,
  silence: { base: MINUTE, cap: 5 * MINUTE },
  ending: 90 * SECOND,
  backoff: { base: SECOND / 2, cap: 20 * SECOND },
};
