import { afterEach } from "vitest";
import { WebSocket } from "ws";
import { cognitoToken, configureCognito, signInWith, signOutHere } from "../src/auth/cognito.ts";
import {
  ListenerService,
  SessionCreationOrchestrator,
  type ConnectionStateName,
  type SpeakerService,
  type Timings,
  type WebSocketClass,
} from "../src/index.ts";
import { gateway } from "./gateway.ts";
import { theStack } from "./localStack.ts";

const BODY = { sourceLanguage: "en", quality: "standard" } as const;

/** Local Lambdas answer within a second when warm; retries need not wait as long as on the internet. */
export const BRISK = { backoff: { baseMs: 100, capMs: 1000 }, gapDelayMs: 300 } as const;

const closers: (() => void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await gateway.clearFaults();
  await gateway.setTimeFactor(1);
});

/** Signs the demo user in, by SRP as the pages do. */
export async function signIn(): Promise<void> {
  const { config, user } = theStack();
  configureCognito(config);
  await signOutHere();
  await signInWith(user.username, user.password);
}

export const NodeWebSocket: WebSocketClass = WebSocket;

export function options(timings: Partial<Timings> = {}) {
  const { config } = theStack();
  return {
    url: config.webSocketUrl,
    httpUrl: config.httpUrl,
    token: cognitoToken,
    WebSocket: NodeWebSocket,
    timings: { ...BRISK, ...timings },
  };
}

export async function speak(timings: Partial<Timings> = {}, more: object = {}): Promise<SpeakerService> {
  const orchestrator = new SessionCreationOrchestrator({ ...options(timings), ...more });
  const speaker = await orchestrator.createSession(BODY);
  closers.push(() => speaker.connection.close());
  return speaker;
}

export interface Audience {
  readonly listener: ListenerService;
  /** What was heard, in the order of hearing. */
  readonly heard: string[];
  readonly states: ConnectionStateName[];
}

/** An anonymous listener who joined. */
export async function listen(sessionId: string, timings: Partial<Timings> = {}): Promise<Audience> {
  const listener = new ListenerService({
    ...options(timings),
    anonymous: true,
    token: async () => Promise.resolve(undefined),
    sessionId,
    targetLanguage: "de",
  });
  const heard: string[] = [];
  const states: ConnectionStateName[] = [];
  listener.messages.on(({ data }) => heard.push(data));
  listener.connection.state.subscribe(({ name }) => states.push(name));
  closers.push(() => listener.connection.close());
  await listener.join();
  return { listener, heard, states };
}

/** Says m1, m2, ... one after the other, as fast as they are taken. */
export async function sayNumbers(speaker: SpeakerService, count: number): Promise<string[]> {
  const said = Array.from({ length: count }, (_, index) => `m${index + 1}`);
  await Promise.all(said.map(async (data) => speaker.publish({ data })));
  return said;
}
