import type { BackoffBounds } from "./backoff.ts";

/** Every wait of the client. Tests scale them; the defaults answer API Gateway's limits. */
export interface Timings {
  /** Limit of the WebSocket handshake. */
  readonly connectTimeoutMs: number;
  /** Limit of one call of the token provider. */
  readonly tokenTimeoutMs: number;
  /** Limit of creating, resuming or joining the session on a new connection, with everything it replays. */
  readonly attachTimeoutMs: number;
  /** Limit of one reply. API Gateway allows an integration 29 s, but a person does not wait that long. */
  readonly replyTimeoutMs: number;
  /** Limit of a request over all its attempts. */
  readonly requestTimeoutMs: number;
  /**
   * Silence of the server after which a heartbeat is sent. The keep-alive breaks it earlier, so a heartbeat is
   * sent only where that fails; it still comes before API Gateway's idle timeout of 10 minutes.
   */
  readonly heartbeatIntervalMs: number;
  /** Silence after a heartbeat that means a dead peer. */
  readonly heartbeatTimeoutMs: number;
  /** The same after a hint that the connection may be dead. */
  readonly probeTimeoutMs: number;
  /** Age at which a connection is handed over, before API Gateway closes it at 2 hours. */
  readonly handoverAgeMs: number;
  /** Random reduction of that age, so that listeners do not all hand over at the same time. */
  readonly handoverJitterMs: number;
  /** Limit of finishing the requests under way on an old connection, and of leaving a session. */
  readonly drainTimeoutMs: number;
  /** Time before its expiry at which a token is replaced; at most half of its lifetime. */
  readonly tokenRefreshLeadMs: number;
  /** Shortest time between two planned token refreshes, whatever the device's clock says. */
  readonly tokenRefreshFloorMs: number;
  /** Time that a gap may stay open before the missing messages are requested. */
  readonly gapDelayMs: number;
  /** Silence of the session after which a listener asks for missed messages. */
  readonly gapProbe: BackoffBounds;
  /** Limit of waiting for an ended session's last messages; the rate limits' window is a minute. */
  readonly endTimeoutMs: number;
  readonly backoff: BackoffBounds;
}

export const DEFAULT_TIMINGS: Timings = {
  connectTimeoutMs: 10_000,
  tokenTimeoutMs: 10_000,
  attachTimeoutMs: 60_000,
  replyTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  heartbeatIntervalMs: 540_000,
  heartbeatTimeoutMs: 10_000,
  probeTimeoutMs: 4000,
  handoverAgeMs: 6_600_000,
  handoverJitterMs: 120_000,
  drainTimeoutMs: 5000,
  tokenRefreshLeadMs: 120_000,
  tokenRefreshFloorMs: 30_000,
  gapDelayMs: 1000,
  gapProbe: { baseMs: 60_000, capMs: 300_000 },
  endTimeoutMs: 90_000,
  backoff: { baseMs: 500, capMs: 20_000 },
};
