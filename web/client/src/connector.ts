import { CLOSE_ATTACH_FAILED } from "./codes.ts";
import { hasCode } from "./errors.ts";
import { diagnoseHandshake } from "./handshakeDiagnosis.ts";
import { Socket, type SocketOptions } from "./socket.ts";
import { missingToken } from "./token.ts";
import { withLimit } from "./waiting.ts";

/**
 * Creates, resumes or joins a session on a new connection. Returns the speaker's generation; undefined for a
 * listener.
 */
export type Attach = (socket: Socket, signal: AbortSignal) => Promise<number | undefined>;

export interface ConnectOptions extends Omit<SocketOptions, "token"> {
  /** The HTTP API, which shows why a handshake failed. Without it each failure counts as a network fault. */
  readonly httpUrl?: string | undefined;
  readonly getToken: (forceRefresh: boolean, signal: AbortSignal) => Promise<string | undefined>;
  /** Whether to connect without a token if the provider returns none. */
  readonly anonymous?: boolean | undefined;
  readonly attach: Attach;
}

/**
 * Opens a WebSocket with a fresh token and attaches it to the session. The WebSocket closes when the signal
 * aborts.
 *
 * @param forceRefresh whether the provider's present token does not help.
 * @param onAttach called before the attach request is sent.
 * @throws SessionError, or the signal's reason.
 */
export async function connect(
  options: ConnectOptions,
  signal: AbortSignal,
  forceRefresh = false,
  onAttach: () => void = () => undefined,
): Promise<Socket> {
  const { timings, httpUrl } = options;
  try {
    const token = await options.getToken(forceRefresh, signal);
    if (token === undefined && !options.anonymous) throw missingToken();
    const socket = await Socket.open({ ...options, token }, signal).catch(async (error: unknown) => {
      signal.throwIfAborted();
      const limited = AbortSignal.any([signal, AbortSignal.timeout(timings.replyTimeoutMs)]);
      throw (httpUrl === undefined ? undefined : await diagnoseHandshake(httpUrl, token, limited)) ?? error;
    });
    try {
      onAttach();
      await withLimit(timings.attachTimeoutMs, "Attaching", [signal], async (limited) =>
        options.attach(socket, limited),
      );
      return socket;
    } catch (error) {
      socket.close(CLOSE_ATTACH_FAILED);
      throw error;
    }
  } catch (error) {
    // The server knows a token's validity better than the client: one more attempt with a new token.
    if (forceRefresh || signal.aborted || !hasCode(error, "UNAUTHORIZED", "TOKEN_EXPIRED")) throw error;
    return connect(options, signal, true, onAttach);
  }
}
