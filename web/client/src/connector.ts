import { ClientCloseCode } from "./codes.ts";
import type { DebugHook } from "./debug.ts";
import { SessionError, toSessionError } from "./errors.ts";
import { diagnoseHandshake } from "./handshakeDiagnosis.ts";
import type { ServerMessage } from "./protocol.generated.ts";
import { Socket, type WebSocketClass } from "./socket.ts";
import type { Timings } from "./timings.ts";
import type { TokenSource } from "./token.ts";
import { withLimit } from "./waiting.ts";

/**
 * Creates, resumes or joins a session on a new connection. Returns the speaker's generation; undefined for a
 * listener.
 */
export type Attach = (socket: Socket, signal: AbortSignal) => Promise<number | undefined>;

export interface ConnectorOptions {
  readonly url: string;
  /** The HTTP API, which shows why a handshake failed. Without it each failure counts as a network fault. */
  readonly httpUrl?: string | undefined;
  readonly tokens: TokenSource;
  /** Whether to connect without a token if the provider returns none. */
  readonly anonymous?: boolean | undefined;
  readonly attach: Attach;
  /** For environments without a global WebSocket. */
  readonly WebSocket?: WebSocketClass | undefined;
  readonly debug?: DebugHook | undefined;
  readonly timings: Timings;
  readonly onMessage: (message: ServerMessage, socket: Socket) => void;
}

/** An open and attached WebSocket. */
export interface Attachment {
  readonly socket: Socket;
  readonly token: string | undefined;
  readonly generation: number | undefined;
}

/** Opens WebSockets with a fresh token and attaches them to the session. */
export class Connector {
  readonly #options: ConnectorOptions;

  constructor(options: ConnectorOptions) {
    this.#options = options;
  }

  /**
   * @param onAttach called before the attach request is sent.
   * @throws SessionError, or the signal's reason.
   */
  async connect(signal: AbortSignal, onAttach: () => void = () => undefined): Promise<Attachment> {
    try {
      return await this.#connect(signal, onAttach, false);
    } catch (thrown) {
      // The server knows a token's validity better than the client: one more attempt with a new token.
      if (!isTokenRefusal(toSessionError(thrown)) || signal.aborted) throw thrown;
      return this.#connect(signal, onAttach, true);
    }
  }

  async #connect(signal: AbortSignal, onAttach: () => void, forceRefresh: boolean): Promise<Attachment> {
    const { url, timings, onMessage, attach, debug } = this.#options;
    const token = await this.#options.tokens.getForConnect(forceRefresh, signal);
    if (token === undefined && !this.#options.anonymous)
      throw new SessionError("UNAUTHORIZED", "The token provider returned no token: sign in first.");
    const WebSocket = this.#options.WebSocket ?? globalThis.WebSocket;
    const options = { url, token, WebSocket, timings, onMessage, debug };
    const socket = await Socket.open(options, signal).catch(async (thrown: unknown) => {
      throw (await this.#diagnose(token, signal)) ?? thrown;
    });
    try {
      onAttach();
      const generation = await withLimit(async (limited) => attach(socket, limited), {
        timeoutMs: timings.attachTimeoutMs,
        message: "Attaching to the session did not finish in time.",
        signals: [signal],
      });
      return { socket, token, generation };
    } catch (error) {
      socket.close(ClientCloseCode.attachFailed);
      throw error;
    }
  }

  /** Returns the proven reason of a failed handshake, if there is one. */
  async #diagnose(token: string | undefined, signal: AbortSignal): Promise<SessionError | undefined> {
    const { httpUrl, timings } = this.#options;
    if (httpUrl === undefined || signal.aborted) return undefined;
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timings.replyTimeoutMs)]);
    const diagnosis = await diagnoseHandshake(httpUrl, token, limited);
    if (diagnosis === "refused")
      return new SessionError("UNAUTHORIZED", "The server refused the token: sign in again.");
    if (diagnosis === "unreachable") return undefined;
    return new SessionError(
      "UPGRADE_FAILED",
      "The service answers over HTTP, but the WebSocket could not be opened: a proxy or firewall may block it.",
    );
  }
}

function isTokenRefusal({ code }: SessionError): boolean {
  return code === "UNAUTHORIZED" || code === "TOKEN_EXPIRED";
}
