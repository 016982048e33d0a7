/** React hooks for speakers and listeners. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type {
  Connection,
  ConnectionState,
  ContentMessage,
  CreateSessionBody,
  Language,
  ListenerState,
  ListenerService,
  Observable,
  SessionClient,
  SpeakerService,
  SpeakerState,
  StartOptions,
} from "../index.ts";

const IDLE: ConnectionState = { name: "idle" };

const NOTHING_TO_STOP = (): void => undefined;

/** Returns an observable's present value, and renders again when it changes. */
export function useObservable<Value>(observable: Observable<Value>): Value;
/** Returns undefined while there is no observable. */
export function useObservable<Value>(observable: Observable<Value> | undefined): Value | undefined;
export function useObservable<Value>(observable: Observable<Value> | undefined): Value | undefined {
  const subscribe = useCallback(
    (onChange: () => void) => observable?.subscribe(onChange) ?? NOTHING_TO_STOP,
    [observable],
  );
  const read = useCallback(() => observable?.value, [observable]);
  return useSyncExternalStore(subscribe, read, read);
}

export interface UseListenerOptions {
  readonly targetLanguage?: Language;
  /** Gets each message once and in order. */
  readonly onMessage?: (message: ContentMessage) => void;
}

export interface ListenerHook {
  readonly listener: ListenerService | undefined;
  readonly state: ListenerState | undefined;
  readonly connection: ConnectionState;
  /** The failure of the join, if any. */
  readonly error: unknown;
  /** Connects now if the connection's state is `waitingToRetry`. */
  readonly reconnect: () => void;
}

/** Joins a session while the component is mounted; undefined as id joins none. Leaves it on unmount. */
export function useListener(
  client: SessionClient,
  sessionId: string | undefined,
  { targetLanguage = "en", onMessage }: UseListenerOptions = {},
): ListenerHook {
  const [listener, setListener] = useState<ListenerService>();
  const [error, setError] = useState<unknown>();
  const latestOnMessage = useRef(onMessage);
  const latestLanguage = useRef(targetLanguage);
  useEffect(() => {
    latestOnMessage.current = onMessage;
  });
  useEffect(() => {
    if (sessionId === undefined) return undefined;
    const service = client.listener(sessionId, latestLanguage.current);
    const abort = new AbortController();
    service.messages.on((message) => latestOnMessage.current?.(message));
    setListener(service);
    setError(undefined);
    service.join({ signal: abort.signal }).catch((thrown: unknown) => {
      if (!abort.signal.aborted) setError(thrown);
    });
    return () => {
      abort.abort();
      setListener(undefined);
      void service.leave();
    };
  }, [client, sessionId]);
  useEffect(() => {
    latestLanguage.current = targetLanguage;
    if (listener && listener.state.value.targetLanguage !== targetLanguage)
      listener.setLanguage(targetLanguage).catch(setError);
  }, [listener, targetLanguage]);
  const reconnect = useCallback(() => listener?.connection.reconnect(), [listener]);
  const state = useObservable(listener?.state);
  const connection = useObservable(listener?.connection.state) ?? IDLE;
  return { listener, state, connection, error, reconnect };
}

export interface SpeakerHook {
  readonly speaker: SpeakerService | undefined;
  readonly state: SpeakerState | undefined;
  readonly connection: ConnectionState;
  /** Whether a session is being created or resumed. */
  readonly isStarting: boolean;
  /** The failure of the latest start, if any. */
  readonly error: unknown;
  readonly create: (session: CreateSessionBody) => Promise<void>;
  readonly resume: (sessionId: string) => Promise<void>;
  /** Connects now if the connection's state is `waitingToRetry`, also while a session is being started. */
  readonly reconnect: () => void;
}

/** Creates or resumes a session on request. Closes the connection on unmount; the session stays. */
export function useSpeaker(client: SessionClient): SpeakerHook {
  const [speaker, setSpeaker] = useState<SpeakerService>();
  const [connection, setConnection] = useState<ConnectionState>(IDLE);
  const [isStarting, setIsStarting] = useState(false);
  const [error, setError] = useState<unknown>();
  const abort = useRef<AbortController>(undefined);
  const latestConnection = useRef<Connection>(undefined);
  useEffect(() => () => abort.current?.abort(), [client]);
  useEffect(() => {
    if (!speaker) return undefined;
    const unsubscribe = speaker.connection.state.subscribe(setConnection);
    return () => {
      unsubscribe();
      speaker.connection.close();
    };
  }, [speaker]);
  const start = useCallback(
    async (action: (options: StartOptions) => Promise<SpeakerService>): Promise<void> => {
      abort.current?.abort();
      const { signal } = (abort.current = new AbortController());
      setIsStarting(true);
      setError(undefined);
      try {
        const started = await action({
          signal,
          onState: (state, startingConnection) => {
            latestConnection.current = startingConnection;
            setConnection(state);
          },
        });
        if (signal.aborted) started.connection.close();
        else setSpeaker(started);
      } catch (thrown) {
        if (!signal.aborted) setError(thrown);
      } finally {
        if (!signal.aborted) setIsStarting(false);
      }
    },
    [],
  );
  const create = useCallback(
    async (session: CreateSessionBody) => start(async (options) => client.create(session, options)),
    [client, start],
  );
  const resume = useCallback(
    async (sessionId: string) => start(async (options) => client.resume(sessionId, options)),
    [client, start],
  );
  const reconnect = useCallback(() => latestConnection.current?.reconnect(), []);
  const state = useObservable(speaker?.state);
  return { speaker, state, connection, isStarting, error, create, resume, reconnect };
}
