/**
 * A real WebSocket server that speaks the real-time protocol of an AppSync Event API, for faults at exact points.
 * It authorizes by the tokens of its own offers, as the stack's authorizer does.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import type { ChannelOffer } from "../src/protocol.generated.ts";

interface ClientFrame {
  readonly type: string;
  readonly id?: string;
  readonly channel?: string;
  readonly authorization?: Authorization;
}

interface Authorization {
  readonly host?: string;
  readonly Authorization?: string;
}

/** One WebSocket with its subscriptions: the channel's name by id. */
export class FakeEventConnection {
  readonly subscriptions = new Map<string, string>();
  /** The ids that were unsubscribed. */
  readonly unsubscribed: string[] = [];
  /** Whether nothing arrives in either direction and the WebSocket stays open, as after a network loss. */
  isDead = false;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  send(frame: object): void {
    if (this.isOpen && !this.isDead) this.#socket.send(JSON.stringify(frame));
  }

  drop(): void {
    this.#socket.terminate();
  }
}

const SUBPROTOCOL = "aws-appsync-event-ws";
const HOST = "api.appsync-api.eu-central-1.amazonaws.com";

export class FakeEventApi {
  readonly connections: FakeEventConnection[] = [];
  /** The tokens of the handshakes, in order; a refused handshake counts. */
  readonly handshakes: string[] = [];
  /** What of the clients' frames breaks the protocol. */
  readonly violations: string[] = [];
  connectionTimeoutMs = 300_000;
  /** How the service refuses: by HTTP status, by a frame, or by no answer at all. */
  refusal: "handshake" | "connection_error" | "subscribe_error" | "silent" | undefined;
  /** Returns whether an event is lost silently. */
  loses: (event: object, connection: FakeEventConnection) => boolean = () => false;
  /** Called before each subscription is confirmed. */
  onSubscribe: () => void = () => undefined;
  /** The valid tokens with their channels. */
  readonly #tokens = new Map<string, string>();
  #tokenCount = 0;
  readonly #sockets = new Set<Socket>();
  readonly #http: Server;

  static async start(): Promise<FakeEventApi> {
    const api = new FakeEventApi();
    await new Promise<void>((resolve) => api.#http.listen(0, "127.0.0.1", resolve));
    return api;
  }

  private constructor() {
    const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => SUBPROTOCOL });
    this.#http = createServer();
    this.#http.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#http.on("upgrade", (request: IncomingMessage, socket, head) => {
      socket.on("error", () => undefined); // a disconnected client is no failure of the service
      const authorization = this.#readSubprotocols(request);
      this.handshakes.push(authorization.Authorization ?? "");
      if (this.refusal === "silent") socket.on("end", () => socket.destroy()).resume();
      else if (this.refusal === "handshake") socket.end("HTTP/1.1 403 Refused\r\nContent-Length: 0\r\n\r\n");
      else sockets.handleUpgrade(request, socket, head, (opened) => this.#accept(opened, authorization));
    });
  }

  get #url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}/event/realtime`;
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) connection.drop();
    for (const socket of this.#sockets) socket.destroy();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  /** Returns an offer with a new token that is valid for this channel. */
  offer(name: string): ChannelOffer {
    const authorization = `token-${++this.#tokenCount}`;
    this.#tokens.set(authorization, name);
    return { service: "appSyncEvents", url: this.#url, host: HOST, name, authorization };
  }

  /** Makes the tokens of all offers up to now invalid. */
  expireTokens(): void {
    this.#tokens.clear();
  }

  /** The number of TCP connections, those in a handshake included. */
  get openSockets(): number {
    return this.#sockets.size;
  }

  publish(name: string, event: object): void {
    for (const connection of this.openConnections) {
      if (this.loses(event, connection)) continue;
      for (const [id, channel] of connection.subscriptions)
        if (channel === name) connection.send({ type: "data", id, event: JSON.stringify(event) });
    }
  }

  get openConnections(): FakeEventConnection[] {
    return this.connections.filter(({ isOpen }) => isOpen);
  }

  #readSubprotocols(request: IncomingMessage): Authorization {
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    const header = offered.find((name) => name.startsWith("header-"))?.slice("header-".length) ?? "";
    if (!offered.includes(SUBPROTOCOL)) this.violations.push("The subprotocol is missing.");
    if (!/^[\w-]+$/.test(header)) this.violations.push(`The header ${header} is not base64url.`);
    return this.#check(JSON.parse(Buffer.from(header, "base64url").toString()) as Authorization);
  }

  #check(authorization: Authorization = {}): Authorization {
    if (authorization.host !== HOST) this.violations.push(`The host ${authorization.host} is wrong.`);
    return authorization;
  }

  #accept(socket: WebSocket, { Authorization: token = "" }: Authorization): void {
    const connection = new FakeEventConnection(socket);
    this.connections.push(connection);
    socket.on("message", (data: Buffer) => {
      if (connection.isDead) return;
      const frame = JSON.parse(data.toString()) as ClientFrame;
      if (frame.type === "connection_init") {
        if (this.refusal !== "connection_error" && this.#tokens.has(token))
          connection.send({ type: "connection_ack", connectionTimeoutMs: this.connectionTimeoutMs });
        else this.#refuse(connection, "connection_error");
      } else if (frame.type === "subscribe") this.#subscribe(connection, frame);
      else if (frame.type === "unsubscribe" && connection.subscriptions.delete(frame.id ?? "")) {
        connection.unsubscribed.push(frame.id ?? "");
        connection.send({ type: "unsubscribe_success", id: frame.id });
      } else this.violations.push(`The frame ${frame.type} was not expected.`);
    });
  }

  #subscribe(connection: FakeEventConnection, { id = "", channel = "", authorization }: ClientFrame): void {
    const token = this.#check(authorization).Authorization ?? "";
    if (this.refusal === "subscribe_error" || this.#tokens.get(token) !== channel) {
      this.#refuse(connection, "subscribe_error", id);
      return;
    }
    if (connection.subscriptions.has(id)) this.violations.push(`The subscription ${id} exists.`);
    connection.subscriptions.set(id, channel);
    this.onSubscribe();
    connection.send({ type: "subscribe_success", id });
  }

  #refuse(connection: FakeEventConnection, type: string, id?: string): void {
    connection.send({ type, id, errors: [{ errorType: "UnauthorizedException", message: "Refused." }] });
  }
}
