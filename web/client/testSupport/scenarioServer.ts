/** A WebSocket server that plays the server's part of a scenario, step by step. */
import type { AddressInfo } from "node:net";
import { expect, vi } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";

export type Fields = Record<string, unknown>;

/** Limit of one step, after which the scenario has failed. */
export const STEP_MS = 30_000;

/** One connection of the client under test, with the requests that no step has received yet. */
export class ScenarioConnection {
  readonly requests: Fields[] = [];
  readonly heartbeats: Fields[] = [];
  answersHeartbeats = true;
  lastRequest: Fields = {};
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("error", () => undefined);
    socket.on("message", (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Fields;
      if (message.action !== "heartbeat") {
        this.requests.push(message);
        return;
      }
      this.heartbeats.push(message);
      if (this.answersHeartbeats) this.send({ type: "heartbeatAck", serverTime: Date.now(), connectedAt: 0 });
    });
  }

  /** Returns the next request, which must have the wanted fields. */
  async receive(wanted: Fields): Promise<Fields> {
    const isHeartbeat = wanted.action === "heartbeat";
    if (isHeartbeat) this.answersHeartbeats = false;
    const queue = isHeartbeat ? this.heartbeats : this.requests;
    await vi.waitUntil(() => queue.length > 0, { timeout: STEP_MS, interval: 5 });
    const request = queue.shift() ?? {};
    expect(request).toMatchObject(wanted);
    this.lastRequest = request;
    return request;
  }

  send(message: Fields): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Answers the last request. */
  reply(message: Fields): void {
    this.send({ ...message, requestId: this.lastRequest.requestId });
  }

  drop(): void {
    this.#socket.terminate();
  }

  close(code: number): void {
    this.#socket.close(code);
  }

  async closed(): Promise<void> {
    await vi.waitUntil(() => this.#socket.readyState === this.#socket.CLOSED, {
      timeout: STEP_MS,
      interval: 5,
    });
  }
}

/** Connections wait for an `accept` step. */
export class ScenarioServer {
  readonly connections: ScenarioConnection[] = [];
  readonly #arrived: { connection: ScenarioConnection; hasToken: boolean }[] = [];
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on("connection", (socket, request) => {
      const protocols = request.headers["sec-websocket-protocol"] ?? "";
      this.#arrived.push({
        connection: new ScenarioConnection(socket),
        hasToken: protocols.includes("bearer."),
      });
    });
  }

  static async start(): Promise<ScenarioServer> {
    const server = new WebSocketServer({
      host: "127.0.0.1",
      port: 0,
      handleProtocols: () => "websocket-sessions.v1",
    });
    await new Promise<void>((resolve) => server.once("listening", resolve));
    return new ScenarioServer(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Whether the client opened a connection that no step accepted. */
  get hasUnexpectedConnection(): boolean {
    return this.#arrived.length > 0;
  }

  /** Takes the client's next connection; with `token` it must carry a bearer token. */
  async accept(token: boolean): Promise<void> {
    await vi.waitUntil(() => this.#arrived.length > 0, { timeout: STEP_MS, interval: 5 });
    const arrived = this.#arrived.shift();
    if (arrived === undefined) throw new Error("No connection arrived.");
    if (token) expect(arrived.hasToken).toBe(true);
    this.connections.push(arrived.connection);
  }

  async stop(): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
