/**
 * The other end of the wire, for faults that must come at one exact point: a real WebSocket and HTTP
 * server that plays one session in memory. What the service itself does is tested in tests/stack,
 * against the deployed functions behind the gateway.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import type { ClientMessage, ServerMessage } from "../src/protocol.generated.ts";
import { FakeSession } from "./fakeSession.ts";
import { violation } from "./schema.ts";

/**
 * What becomes of a request: nothing at all, a cut before or after it was carried out, another answer,
 * or its answer so many milliseconds late.
 */
export type Fault = "lose" | "cutBefore" | "cutAfter" | { reply: ServerMessage } | { late: number };

export interface FakeConnection {
  readonly number: number;
  readonly token: string | undefined;
  readonly push: (message: ServerMessage) => void;
  readonly cut: () => void;
  readonly isOpen: () => boolean;
}

export class FakeServer {
  readonly session = new FakeSession();
  readonly received: ClientMessage[] = [];
  readonly connections: FakeConnection[] = [];
  /** Sessions asked for over HTTP. */
  posts = 0;
  /** What either side said against the protocol. */
  readonly violations: string[] = [];
  /** Decides on the fault for a request, if any. */
  fault: (message: ClientMessage, connection: FakeConnection) => Fault | undefined = () => undefined;
  /** The HTTP status that handshakes are refused with. */
  refuseUpgrades: number | undefined;
  /** Tokens that are not good. */
  readonly badTokens = new Set<string>();
  /** Answers nothing any more, as a machine that lost its network. */
  silent = false;
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
      socket.on("error", () => undefined); // a client that went is none of the server's business
      const status = this.badTokens.has(tokenOf(request) ?? "") ? 401 : this.refuseUpgrades;
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
    for (const connection of this.connections) connection.cut();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  /** The requests of one kind that came, in order. */
  requests<A extends ClientMessage["action"]>(action: A): Extract<ClientMessage, { action: A }>[] {
    return this.received.filter((message): message is never => message.action === action);
  }

  #accept(socket: WebSocket, token: string | undefined): void {
    const connection: FakeConnection = {
      number: this.connections.length,
      token,
      push: (message) => {
        this.#judge(message.type, message);
        if (!this.silent) socket.send(JSON.stringify(message));
      },
      isOpen: () => socket.readyState === socket.OPEN,
      cut: () => {
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
      this.#judge(message.action, message);
      this.#handle(message, connection);
    });
  }

  #judge(name: string, message: ClientMessage | ServerMessage): void {
    const wrong = violation(name, message);
    if (wrong !== undefined) this.violations.push(wrong);
  }

  #handle(message: ClientMessage, connection: FakeConnection): void {
    const fault = this.fault(message, connection);
    if (fault === "lose") return;
    if (fault === "cutBefore") connection.cut();
    else if (typeof fault === "object" && "reply" in fault) connection.push(fault.reply);
    else {
      const reply = this.session.handle(message, connection);
      if (fault === "cutAfter") connection.cut();
      else if (fault) setTimeout(() => connection.push(reply), fault.late);
      else connection.push(reply);
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = request.headers.authorization?.replace("Bearer ", "") ?? "";
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.badTokens.has(token)) response.writeHead(401).end();
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
