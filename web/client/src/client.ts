import type { FrontendConfig } from "./frontendConfig.ts";
import { ListenerService, type ListenerOptions } from "./listenerService.ts";
import type { CreateSessionBody, Language } from "./protocol.generated.ts";
import { createSession, resumeSession, type StarterOptions } from "./speakerStarter.ts";
import type { SpeakerService } from "./speakerService.ts";
import type { StartOptions } from "./startConnection.ts";

/**
 * How a client connects. `fallback: httpFallback()` creates sessions over HTTP where WebSockets are blocked.
 * `channel: appSyncEvents()` receives the messages of large audiences on the channel that the server offers.
 */
export type ClientOptions = Pick<StarterOptions, "WebSocket" | "timings" | "debug" | "token" | "fallback"> &
  Pick<ListenerOptions, "channel">;

/** The part of `frontendConfig` that a client needs. */
export type ClientConfig = Pick<FrontendConfig, "webSocketUrl" | "httpUrl">;

export interface JoinSessionOptions extends StartOptions {
  /** The language of the messages; the stack's default language `en` unless given. */
  readonly targetLanguage?: Language;
}

/** Creates, resumes and joins sessions of one stack. */
export interface SessionClient {
  /** Creates a session. @throws SessionError, or the signal's reason. */
  create(session: CreateSessionBody, options?: StartOptions): Promise<SpeakerService>;
  /** Resumes a session of the signed-in user. @throws SessionError, or the signal's reason. */
  resume(sessionId: string, options?: StartOptions): Promise<SpeakerService>;
  /** Joins a session as a listener, without a token if there is none. @throws SessionError, or the signal's reason. */
  join(sessionId: string, options?: JoinSessionOptions): Promise<ListenerService>;
  /** Returns a listener that has not joined yet, to subscribe to its state before `join`. */
  listener(sessionId: string, targetLanguage?: Language): ListenerService;
}

/**
 * Returns a client of a stack.
 *
 * @param config the stack's output `frontendConfig`, as `pulumi stack output frontendConfig --json` prints it.
 * @throws TypeError if the config has no `webSocketUrl` or `httpUrl`.
 */
export function createClient(config: ClientConfig, options: ClientOptions = {}): SessionClient {
  const { webSocketUrl: url, httpUrl } = config;
  if (!url || !httpUrl) throw new TypeError(`frontendConfig has no ${url ? "httpUrl" : "webSocketUrl"}.`);
  const connection = { ...options, url, httpUrl };
  const listener = (sessionId: string, targetLanguage: Language = "en"): ListenerService =>
    new ListenerService({ ...connection, anonymous: true, sessionId, targetLanguage });
  return {
    create: async (session, startOptions) => createSession(connection, session, startOptions),
    resume: async (sessionId, startOptions) => resumeSession(connection, sessionId, startOptions),
    listener,
    join: async (sessionId, joinOptions = {}) => {
      const service = listener(sessionId, joinOptions.targetLanguage);
      await service.join(joinOptions);
      return service;
    },
  };
}
