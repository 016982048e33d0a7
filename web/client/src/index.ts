/** The client library: sessions that outlive their connections, for speakers and listeners. */
export * from "./protocol.generated.ts";
export { backoffDelay, type BackoffBounds } from "./backoff.ts";
export type { Channel, ChannelAdapter, SendJoin } from "./channel.ts";
export {
  createClient,
  type ClientConfig,
  type ClientOptions,
  type JoinSessionOptions,
  type SessionClient,
} from "./client.ts";
export type { ClientErrorCode, FailureCode } from "./codes.ts";
export { Connection, type ConnectionOptions } from "./connection.ts";
export type { ConnectionState, ConnectionStateName } from "./connectionState.ts";
export type { Attach } from "./connector.ts";
export { debugTo, type Debugger, type DebugEvent, type DebugHook } from "./debug.ts";
export { SessionError, type SessionErrorOptions } from "./errors.ts";
export type { FrontendConfig } from "./frontendConfig.ts";
export { httpFallback, type Fallback, type SessionCreation } from "./httpFallback.ts";
export {
  ListenerService,
  type ContentMessage,
  type LanguageOptions,
  type ListenerOptions,
} from "./listenerService.ts";
export type { ListenerState } from "./listenerState.ts";
export { Emitter, Observable, type Unsubscribe } from "./observable.ts";
export {
  BINARY_TYPE,
  decodeBytes,
  decodeJson,
  encodeBytes,
  encodeJson,
  JSON_TYPE,
  type Payload,
} from "./payload.ts";
export { SessionCreationOrchestrator, type OrchestratorOptions } from "./sessionStarter.ts";
export type { StarterOptions } from "./speakerStarter.ts";
export {
  MAX_FRAME_BYTES,
  type Action,
  type RequestOf,
  type Socket,
  type WebSocketClass,
  type WebSocketLike,
} from "./socket.ts";
export type { FirstAttach } from "./speakerAttachment.ts";
export { SpeakerConnection, type RequestOptions } from "./speakerConnection.ts";
export {
  SpeakerService,
  type ChangeOptions,
  type PublishContent,
  type SpeakerState,
} from "./speakerService.ts";
export type { StartOptions } from "./startConnection.ts";
export { DEFAULT_TIMINGS, type Timings } from "./timings.ts";
export type { TokenProvider, TokenRequest } from "./token.ts";
