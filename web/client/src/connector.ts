import type { ServerMessage } from "./protocol.generated.ts";
import { ClientCloseCode } from "./codes.ts";
import { SessionError, toSessionError } from "./errors.ts";
import { Socket, type WebSocketClass } from "./socket.ts";
import { probe } from "./handshakeDiagnosis.ts";
import type { Timings } from "./timings.ts";
import { freshToken, type TokenProvider } from "./token.ts";

export interface ConnectorOptions {
  readonly url: string;
  /** The HTTP twin, asked why a handshake failed. Without it every failed handshake counts as a network fault. */
  readonly httpUrl?: string;
  readonly token: TokenProvider;
  /** Whether to connect without a token where the provider has none. */
  readonly anonymous?: boolean;
  /** Makes the connection what it is for: creates, resumes or joins a session on it. */
  readonly attach: (socket: Socket, signal: AbortSignal) => Promise<void>;
  /** For places without a global WebSocket. */
  readonly WebSocket?: WebSocketClass;
  readonly timings: Timings;
  readonly onMessage: (message: ServerMessage, socket: Socket) => void;
}

/** Opens WebSockets: with a fresh token, attached, and with the reason told where it cannot be done. */
export class Connector {
  readonly #options: ConnectorOptions;
  /** What the latest socket was opened with. */
  token: string | undefined;

  constructor(options: ConnectorOptions) {
    this.#options = options;
  }

  /** @throws SessionError, or the signal's reason. */
  async connect(signal: AbortSignal): Promise<Socket> {
    try {
      return await this.#connect(signal, false);
    } catch (thrown) {
      // The server may know better than the token's own expiry: a second try with a new token, no third.
      if (!refusesToken(toSessionError(thrown)) || signal.aborted) throw thrown;
      return this.#connect(signal, true);
    }
  }

  async #connect(signal: AbortSignal, forceRefresh: boolean): Promise<Socket> {
    const { url, WebSocket = globalThis.WebSocket, timings, onMessage } = this.#options;
    const token = await freshToken(this.#options.token, forceRefresh);
    if (token === undefined && !this.#options.anonymous)
      throw new SessionError("UNAUTHORIZED", "Sign in first.");
    const socket = await Socket.open({ url, token, WebSocket, timings, onMessage }, signal).catch(
      async (thrown: unknown) => {
        throw (await this.#refusal(token, signal)) ?? thrown;
      },
    );
    try {
      await this.#options.attach(socket, signal);
    } catch (error) {
      socket.close(ClientCloseCode.attachFailed);
      throw error;
    }
    this.token = token;
    return socket;
  }

  /** The proven reason of a failed handshake, if there is one. */
  async #refusal(token: string | undefined, signal: AbortSignal): Promise<SessionError | undefined> {
    const { httpUrl } = this.#options;
    if (token === undefined || httpUrl === undefined) return undefined;
    const limited = AbortSignal.any([signal, AbortSignal.timeout(this.#options.timings.reply)]);
    if ((await probe(httpUrl, token, limited)) !== "refused") return undefined;
    return new SessionError("UNAUTHORIZED", "The server refused this sign-in.");
  }
}

function refusesToken({ code }: SessionError): boolean {
  return code === "UNAUTHORIZED" || code === "TOKEN_EXPIRED";
}
