import type { Connection } from "../connection.ts";
import type { ChannelOffer, Language, ServerMessage } from "../protocol.generated.ts";
import { newRequestId } from "../requestId.ts";
import { parseMessage, type WebSocketLike } from "../socket.ts";
import { after } from "../waiting.ts";

/** The offer of a reply, with the language that the reply serves. */
export interface LanguageOffer extends ChannelOffer {
  readonly language: Language;
  /** When it is no longer used, on the monotonic clock. */
  readonly expiresAtMs: number;
}

export interface SubscriptionHandlers {
  /** Called once the service has confirmed the subscription. */
  readonly onOpen: () => void;
  readonly onMessage: (message: ServerMessage) => void;
  /** Called once when the subscription could not be made or no longer stands; not after `close`. The service refuses an offer with an error. */
  readonly onLost: (reason: string, isRefused?: boolean) => void;
}

/** A frame of the service. https://docs.aws.amazon.com/appsync/latest/eventapi/event-api-websocket-protocol.html */
interface Frame {
  readonly type: string;
  readonly id?: string;
  /** The longest silence in which the service still sends a frame (`ka`). */
  readonly connectionTimeoutMs?: number;
  /** Events as JSON texts. */
  readonly event?: string | readonly string[];
  readonly errors?: readonly { readonly errorType?: string }[];
}

const SUBPROTOCOL = "aws-appsync-event-ws";
/** The service's time limit of a connection's silence, if it names none. */
const DEFAULT_CONNECTION_TIMEOUT_MS = 300_000;

/** One WebSocket of AppSync Events with the subscription to one channel. */
export class EventSubscription {
  declare readonly offer: LanguageOffer;
  /** Whether the service delivers the channel's events. */
  isOpen = false;
  readonly #connection: Connection;
  readonly #handlers: SubscriptionHandlers;
  #webSocket: WebSocketLike | undefined;
  /** The ids of the subscription: the present one first, then one that it replaces. */
  #ids: string[] = [];
  #connectionTimeoutMs = DEFAULT_CONNECTION_TIMEOUT_MS;
  #cancelTimeout = (): void => undefined;

  constructor(offer: LanguageOffer, connection: Connection, handlers: SubscriptionHandlers) {
    this.offer = offer;
    this.#connection = connection;
    this.#handlers = handlers;
  }

  /** Opens the WebSocket and subscribes. */
  open(): void {
    const { url } = this.offer;
    const { WebSocket, timings } = this.#connection;
    this.#limit(timings.connectTimeoutMs);
    try {
      const header = encodeBase64Url(JSON.stringify(authorizationOf(this.offer)));
      const webSocket = (this.#webSocket = new WebSocket(url, [SUBPROTOCOL, `header-${header}`]));
      webSocket.onopen = () => this.#send({ type: "connection_init" });
      webSocket.onmessage = ({ data }: { data: unknown }) => this.#receive(String(data));
      webSocket.onclose = ({ code }: { code: number }) => this.lose(`closed ${code}`);
      webSocket.onerror = () => undefined; // a close event follows, and says no more
    } catch (error) {
      // The constructor throws for an address that no WebSocket can have, or that the page's policy forbids.
      this.lose(String(error), true);
    }
  }

  /** Subscribes once more with a new offer, and then ends the old subscription: a dead WebSocket does not answer. */
  renew(offer: LanguageOffer): void {
    this.#limit(this.#connection.timings.replyTimeoutMs);
    const id = newRequestId();
    this.#ids.unshift(id);
    this.#send({ type: "subscribe", id, channel: offer.name, authorization: authorizationOf(offer) });
  }

  /** Closes the WebSocket, with which the service ends the subscription. */
  close(): void {
    this.isOpen = false;
    this.#cancelTimeout();
    if (!this.#webSocket) return;
    this.#webSocket.onopen = this.#webSocket.onmessage = this.#webSocket.onclose = null;
    this.#webSocket.close();
  }

  /** Closes and reports the loss. */
  lose(reason: string, isRefused?: boolean): void {
    this.close();
    this.#handlers.onLost(reason, isRefused);
  }

  #receive(text: string): void {
    const frame = parseMessage(text) as Frame | undefined;
    if (!frame) return;
    // connection_error, subscribe_error, broadcast_error and error
    if (frame.type.endsWith("error")) {
      this.lose(`${frame.type} ${frame.errors?.[0]?.errorType ?? ""}`, true);
      return;
    }
    if (frame.type === "connection_ack") {
      this.#connectionTimeoutMs = frame.connectionTimeoutMs ?? DEFAULT_CONNECTION_TIMEOUT_MS;
      this.renew(this.offer);
    } else if (frame.type === "subscribe_success" && frame.id === this.#ids[0]) this.#onSubscribed();
    else if (frame.type === "data" && this.#ids.includes(frame.id ?? ""))
      for (const event of [frame.event ?? []].flat()) {
        const message = parseMessage(event);
        if (message) this.#handlers.onMessage(message);
      }
    if (this.isOpen) this.#limit(this.#connectionTimeoutMs);
  }

  #onSubscribed(): void {
    for (const id of this.#ids.splice(1)) this.#send({ type: "unsubscribe", id });
    if (this.isOpen) return;
    this.isOpen = true;
    this.#handlers.onOpen();
  }

  /** Gives the subscription up if nothing arrives within this time. */
  #limit(milliseconds: number): void {
    this.#cancelTimeout();
    this.#cancelTimeout = after(milliseconds, () => this.lose("silent"));
  }

  #send(frame: object): void {
    if (this.#webSocket?.readyState === 1) this.#webSocket.send(JSON.stringify(frame));
  }
}

function authorizationOf({ host, authorization }: ChannelOffer): object {
  return { host, Authorization: authorization };
}

/** Returns ASCII text in base64 without the characters that a subprotocol must not have. */
function encodeBase64Url(text: string): string {
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
