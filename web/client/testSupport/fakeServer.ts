/**
 * A real WebSocket and HTTP server with one session in memory, for faults at exact points. The service
 * itself is tested in stackTests, against the deployed functions behind the gateway.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import type { ClientMessage, ServerMessage } from "../src/protocol.generated.ts";
import type { FakeConnection } from "./fakeConnection.ts";
import { FakeSession } from "./fakeSession.ts";
import { readTimes } from "../src/tokenTimes.ts";
import { violation } from "./schema.ts";

/**
 * A request's fault: no processing and no reply, a disconnect before or after the processing, another reply,
 * or a reply that is late by this many milliseconds, or until a promise has resolved.
 */
export type Fault =
  "lose" | "dropBefore" | "dropAfter" | { reply: ServerMessage } | { late: number | Promise<void> };

export class FakeServer {
  readonly session = new FakeSession();
  readonly received: ClientMessage[] = [];
  readonly connections: FakeConnection[] = [];
  /** The number of POST requests for a session. */
  posts = 0;
  /** The messages of either side that break the protocol. */
  readonly violations: string[] = [];
  /** Returns the fault for a request, if any. */
  fault: (message: ClientMessage, connection: FakeConnection) => Fault | undefined = () => undefined;
  /** The HTTP status with which handshakes are refused. */
  refuseUpgrades: number | undefined;
  /** Refused tokens. Expired tokens are refused too, by the server's clock. */
  readonly invalidTokens = new Set<string>();
  /** Whether the server ignores every message, as after a network loss. */
  silent = false;
  /** Handshakes that got a token, in order. */
  readonly handshakes: string[] = [];
  readonly #http: Server;

  static async start(): Promise<FakeServer> {
    const server = new FakeServer();
    await new Promise<void>((resolve) => server.#http.listen(0, "127.0.0.1", resolve));
    return server;
  }

  private constructor() {
    const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "websocket-sessions.v1" });
    this.#http = createServer((request, response) => void this.#serve(request, response));
    this.#http.on("upgrade", (request: IncomingMessage, socket, head) => {
      socket.on("error", () => undefined); // a disconnected client is no failure of the server
      const token = tokenOf(request);
      if (token !== undefined) this.handshakes.push(token);
      const status = this.#refuses(token) ? 401 : this.refuseUpgrades;
      if (status !== undefined) socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\n\r\n`);
      else sockets.handleUpgrade(request, socket, head, (opened) => this.#accept(opened, tokenOf(request)));
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  get httpUrl(): string {
    return this.url.replace("ws:", "http:");
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) connection.drop();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  /** Returns the received requests with this action, in order. */
  requests<A extends ClientMessage["action"]>(action: A): Extract<ClientMessage, { action: A }>[] {
    return this.received.filter((message): message is never => message.action === action);
  }

  #accept(socket: WebSocket, token: string | undefined): void {
    const connection: FakeConnection = {
      number: this.connections.length,
      token,
      push: (message) => {
        this.#validate(message.type, message);
        if (!this.silent) socket.send(JSON.stringify(message));
      },
      close: (code) => socket.close(code),
      isOpen: () => socket.readyState === socket.OPEN,
      drop: () => {
        this.session.forget(connection);
        socket.terminate();
      },
    };
    this.connections.push(connection);
    socket.on("close", () => this.session.forget(connection));
    socket.on("message", (data: Buffer) => {
      if (this.silent) return;
      const message = JSON.parse(data.toString()) as ClientMessage;
      this.received.push(message);
      this.#validate(message.action, message);
      this.#handle(message, connection);
    });
  }

  #refuses(token: string | undefined): boolean {
    if (token === undefined) return false;
    const { expiresAtMs } = readTimes(token);
    return this.invalidTokens.has(token) || expiresAtMs < this.session.nowMs;
  }

  #validate(name: string, message: ClientMessage | ServerMessage): void {
    const problem = violation(name, message);
    if (problem !== undefined) this.violations.push(problem);
  }

  #handle(message: ClientMessage, connection: FakeConnection): void {
    const fault = this.fault(message, connection);
    if (fault === "lose") return;
    if (fault === "dropBefore") connection.drop();
    else if (typeof fault === "object" && "reply" in fault) connection.push(fault.reply);
    else {
      const reply = this.session.handle(message, connection);
      if (fault === "dropAfter") connection.drop();
      else if (fault?.late instanceof Promise) void fault.late.then(() => connection.push(reply));
      else if (fault) setTimeout(() => connection.push(reply), fault.late);
      else connection.push(reply);
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = request.headers.authorization?.replace("Bearer ", "") ?? "";
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.#refuses(token)) response.writeHead(401).end();
    else if (request.method === "PATCH") response.writeHead(400).end();
    else {
      this.posts++;
      const requestId = String(request.headers["idempotency-key"]);
      const body = JSON.parse(Buffer.concat(chunks).toString()) as object;
      const message = { action: "createSession", requestId, ...body } as ClientMessage;
      response.writeHead(201, { "Content-Type": "application/json" });
      response.end(JSON.stringify(this.session.handle(message, undefined)));
    }
  }
}

function tokenOf(request: IncomingMessage): string | undefined {
  return /bearer\.([^,]+)/.exec(request.headers["sec-websocket-protocol"] ?? "")?.[1];
}
