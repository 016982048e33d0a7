/** The client plays every scenario that all clients share (tests/fixtures/clients of the repository). */
import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import {
  ListenerService,
  SessionCreationOrchestrator,
  SessionError,
  type Language,
  type SpeakerService,
} from "./index.ts";
import { atEnd, NodeWebSocket, QUICK } from "../testSupport/harness.ts";
import {
  STEP_MS,
  ScenarioServer,
  type Fields,
  type ScenarioConnection,
} from "../testSupport/scenarioServer.ts";

type Step = Fields & { on?: number; as?: string; sameRequestAs?: string };
interface Scenario {
  name: string;
  role: "listener" | "speaker";
  steps: Step[];
}

const TABLE = JSON.parse(
  readFileSync(new URL("../../../tests/fixtures/clients/scenarios.json", import.meta.url), "utf8"),
) as { session: Fields; scenarios: Scenario[] };
const SESSION = TABLE.session;
const SILENT = [
  "a silent session is asked for missed messages",
  "an older answer never moves the position back",
];
const DEAD = "a connection that stops answering is replaced";

function timingsFor(name: string) {
  return {
    ...QUICK,
    replyTimeoutMs: STEP_MS,
    requestTimeoutMs: STEP_MS,
    attachTimeoutMs: STEP_MS,
    endTimeoutMs: STEP_MS,
    gapProbe: SILENT.includes(name) ? { baseMs: 100, capMs: 400 } : { baseMs: 60_000, capMs: 60_000 },
    heartbeatIntervalMs: name === DEAD ? 100 : 60_000,
    heartbeatTimeoutMs: 200,
  };
}

/** Drives one client, and records what it got. */
class Application {
  readonly delivered: string[] = [];
  readonly published: number[] = [];
  readonly refused: string[] = [];
  readonly languages: string[] = [];
  resets = 0;
  failed: string | undefined;
  ended: string | undefined;
  #speaker: SpeakerService | undefined;
  #listener: ListenerService | undefined;

  constructor(scenario: Scenario, url: string) {
    const options = {
      url,
      token: async () => Promise.resolve("header.e30.signature"),
      WebSocket: NodeWebSocket,
      timings: timingsFor(scenario.name),
    };
    if (scenario.role === "listener") this.#listen(options);
    else void this.#speak(options);
  }

  #listen(options: ConstructorParameters<typeof SessionCreationOrchestrator>[0]): void {
    const listener = new ListenerService({ ...options, sessionId: "caring-king-275", targetLanguage: "es" });
    this.#listener = listener;
    listener.messages.on((message) => this.delivered.push(message.data));
    listener.resets.on(() => this.resets++);
    listener.connection.state.subscribe((state) => {
      if (state.name !== "closed") return;
      if (listener.state.value.status === "ended") this.ended = listener.state.value.endReason;
      else this.failed = state.error?.code;
    });
    listener.join().catch((error: unknown) => {
      this.failed = error instanceof SessionError ? error.code : String(error);
    });
    atEnd(() => listener.connection.close());
  }

  async #speak(options: ConstructorParameters<typeof SessionCreationOrchestrator>[0]): Promise<void> {
    const orchestrator = new SessionCreationOrchestrator(options);
    const body = { sourceLanguage: "en", quality: "standard" } as const;
    const speaker = await orchestrator.createSession(body, { timeoutMs: STEP_MS }).catch((error: unknown) => {
      this.failed = error instanceof SessionError ? error.code : String(error);
    });
    if (!speaker) return;
    this.#speaker = speaker;
    atEnd(() => speaker.connection.close());
    speaker.connection.state.subscribe((state) => {
      if (state.name !== "closed") return;
      if (speaker.state.value.status === "ended") this.ended = speaker.state.value.endReason;
      else this.failed = state.error?.code;
    });
  }

  async publish(data: string): Promise<void> {
    await expect.poll(() => this.#speaker, { timeout: STEP_MS, interval: 5 }).toBeDefined();
    this.#call(this.#speaker?.publish({ data }), (offset) => this.published.push(offset as number));
  }

  setLanguage(language: Language): void {
    this.#call(this.#listener?.setLanguage(language), () => this.languages.push(language));
  }

  leave(): void {
    this.#call(this.#listener?.leave(), () => undefined);
  }

  async reconnect(): Promise<void> {
    const connection = (this.#listener ?? this.#speaker)?.connection;
    await expect
      .poll(() => connection?.state.value.name, { timeout: STEP_MS, interval: 5 })
      .toBe("waitingToRetry");
    connection?.reconnect();
  }

  #call(result: Promise<unknown> | undefined, onResolved: (value: unknown) => void): void {
    result?.then(onResolved, (error: unknown) => this.refused.push((error as SessionError).code));
  }
}

const EXPECTATIONS = ["delivered", "published", "refused", "languages", "resets", "ended", "failed"] as const;

class Player {
  readonly #server: ScenarioServer;
  readonly #application: Application;
  readonly #remembered = new Map<string, unknown>();

  constructor(server: ScenarioServer, application: Application) {
    this.#server = server;
    this.#application = application;
  }

  async play(step: Step): Promise<void> {
    if ("accept" in step) return this.#server.accept((step.accept as Fields).token === true);
    if ("publish" in step) return this.#application.publish(step.publish as string);
    if ("setLanguage" in step) {
      this.#application.setLanguage(step.setLanguage as Language);
      return;
    }
    if ("leave" in step) {
      this.#application.leave();
      return;
    }
    if ("reconnect" in step) return this.#application.reconnect();
    for (const name of EXPECTATIONS)
      if (name in step)
        return expect
          .poll(() => this.#application[name], { timeout: STEP_MS, interval: 5 })
          .toEqual(step[name]);
    const connection = this.#server.connections.at(step.on ?? -1);
    if (!connection) throw new Error("No connection was accepted.");
    return this.#playOn(connection, step);
  }

  async #playOn(connection: ScenarioConnection, step: Step): Promise<void> {
    if ("receive" in step) {
      const { requestId } = await connection.receive(step.receive as Fields);
      if (step.as !== undefined) this.#remembered.set(step.as, requestId);
      if (step.sameRequestAs !== undefined) expect(requestId).toBe(this.#remembered.get(step.sameRequestAs));
    } else if ("drop" in step) {
      connection.drop();
      await connection.closed();
    } else if ("close" in step) connection.close(step.close as number);
    else if ("closed" in step) await connection.closed();
    else this.#send(connection, step);
  }

  #send(connection: ScenarioConnection, step: Step): void {
    const [name, value] = Object.entries(step).find(([key]) => key !== "on") ?? ["", {}];
    const fields = value as Fields;
    const { sessionId, epoch, status, sourceLanguage, quality, version } = SESSION;
    const message = { type: "message", sessionId, epoch, ...fields };
    const joined = { sessionId, epoch, status, sourceLanguage, quality, version, targetLanguage: "es" };
    if (name === "reply") connection.reply(fields);
    else if (name === "replyJoined") connection.reply({ type: "sessionJoined", ...joined, ...fields });
    else if (name === "replySession") connection.reply({ ...SESSION, ...fields });
    else if (name === "replyError") connection.reply({ type: "error", ...fields });
    else if (name === "push") connection.send(fields);
    else if (name === "pushMessage") connection.send(message);
    else if (name === "pushSkipped") connection.send({ ...message, skipped: true });
    else throw new Error(`There is no step ${name}.`);
  }
}

const servers: ScenarioServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

test.for(TABLE.scenarios)("$name", async (scenario) => {
  const server = await ScenarioServer.start();
  servers.push(server);
  const player = new Player(server, new Application(scenario, server.url));
  for (const step of scenario.steps) await player.play(step);
  const last = scenario.steps.at(-1) ?? {};
  if ("failed" in last || "ended" in last) expect(server.hasUnexpectedConnection).toBe(false);
});
