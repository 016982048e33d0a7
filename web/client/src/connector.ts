import { ClientCloseCode } from "./codes.ts";
import { hasCode } from "./errors.ts";
import { diagnoseHandshake } from "./handshakeDiagnosis.ts";
import { Socket, type SocketOptions, type WebSocketClass } from "./socket.ts";
import { missingToken, type Tokens } from "./token.ts";
import { withLimit } from "./waiting.ts";

/**
 * Creates, resumes or joins a session on a new connection. Returns the speaker's generation; undefined for a
 * listener.
 */
export type Attach = (socket: Socket, signal: AbortSignal) => Promise<number | undefined>;

export interface ConnectOptions extends Omit<SocketOptions, "token" | "WebSocket"> {
  /** The HTTP API, which shows why a handshake failed. Without it each failure counts as a network fault. */
  readonly httpUrl?: string | undefined;
  readonly tokens: Tokens;
  /** Whether to connect without a token if the provider returns none. */
  readonly anonymous?: boolean | undefined;
  readonly attach: Attach;
  /** For environments without a global WebSocket. */
  readonly WebSocket?: WebSocketClass | undefined;
}

/**
 * Opens a WebSocket with a fresh token and attaches it to the session. The WebSocket closes when the signal
 * aborts.
 *
 * @param onAttach called before the attach request is sent.
 * @throws SessionError, or the signal's reason.
 */
export async function connect(
  options: ConnectOptions,
  signal: AbortSignal,
  onAttach: () => void = () => undefined,
  forceRefresh = false,
): Promise<Socket> {
  const { timings, httpUrl, WebSocket = globalThis.WebSocket } = options;
  try {
    const token = await options.tokens.getForConnect(forceRefresh, signal);
    if (token === undefined && !options.anonymous) throw missingToken();
    const socket = await Socket.open({ ...options, token, WebSocket }, signal).catch(
      async (error: unknown) => {
        signal.throwIfAborted();
        const limited = AbortSignal.any([signal, AbortSignal.timeout(timings.replyTimeoutMs)]);
        throw (httpUrl === undefined ? undefined : await diagnoseHandshake(httpUrl, token, limited)) ?? error;
      },
    );
    try {
      onAttach();
      await withLimit(
        timings.attachTimeoutMs,
        "Attaching to the session did not finish in time.",
        [signal],
        async (limited) => options.attach(socket, limited),
      );
      return socket;
    } catch (error) {
      socket.close(ClientCloseCode.attachFailed);
      throw error;
    }
  } catch (error) {
    // The server knows a token's validity better than the client: one more attempt with a new token.
    if (forceRefresh || signal.aborted || !hasCode(error, "UNAUTHORIZED", "TOKEN_EXPIRED")) throw error;
    return connect(options, signal, onAttach, true);
  }
}
