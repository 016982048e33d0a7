/** The client library: sessions that outlive their connections, for speakers and listeners. */
export * from "./protocol.generated.ts";
export { backoffDelay, type BackoffBounds } from "./backoff.ts";
export type { ClientErrorCode, FailureCode } from "./codes.ts";
export { Connection, type ConnectionOptions, type RequestOptions } from "./connection.ts";
export type { ConnectionState, ConnectionStateName } from "./connectionState.ts";
export { SessionError } from "./errors.ts";
export type { FrontendConfig } from "./frontendConfig.ts";
export { MAX_FRAME_BYTES, type Action, type Socket, type RequestOf, type WebSocketClass } from "./socket.ts";
export { ListenerService, type HeardMessage, type ListenerOptions } from "./listenerService.ts";
export type { ListenerState } from "./listenerState.ts";
export { Emitter, Observable, type Unsubscribe } from "./observable.ts";
export {
  SessionCreationOrchestrator,
  type CreateOptions,
  type OrchestratorOptions,
} from "./sessionStarter.ts";
export { SpeakerService, type PublishContent, type SpeakerState } from "./speakerService.ts";
export { DEFAULT_TIMINGS, type Timings } from "./timings.ts";
export type { TokenProvider } from "./token.ts";
