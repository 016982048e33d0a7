/** The audience's channel on AWS AppSync Events. */
import { backoffDelay, type BackoffBounds } from "../backoff.ts";
import type { Channel, ChannelAdapter, SendJoin } from "../channel.ts";
import type { Connection } from "../connection.ts";
import { hasCode, SessionError } from "../errors.ts";
import type { SessionJoined } from "../protocol.generated.ts";
import type { RequestOf } from "../socket.ts";
import { after, monotonicMs } from "../waiting.ts";
import { EventSubscription, type LanguageOffer } from "./eventSubscription.ts";

export interface AppSyncEventsOptions {
  /** Bounds of the waits between attempts to subscribe; 20 seconds and 10 minutes unless given. */
  readonly backoff?: BackoffBounds;
}

/** The server accepts about ten attempts of a connection at once, and as many more in an hour. */
const DEFAULT_BACKOFF: BackoffBounds = { baseMs: 20_000, capMs: 600_000 };
/** How long an offer is used: its token is valid for five minutes, and subscribing takes a while. */
const OFFER_MS = 240_000;

/**
 * Returns the option `channel` with which listeners receive a large session's messages on AppSync Events. A
 * listener whose server offers no channel, or whose network blocks it, receives them on its connection.
 */
export function appSyncEvents({ backoff = DEFAULT_BACKOFF }: AppSyncEventsOptions = {}): ChannelAdapter {
  return (connection, joinAgain) => new AppSyncEventsChannel(connection, joinAgain, backoff);
}

class AppSyncEventsChannel implements Channel {
  readonly #connection: Connection;
  readonly #joinAgain: () => void;
  readonly #backoff: BackoffBounds;
  #subscription: EventSubscription | undefined;
  #openedAtMs = Infinity;
  /** When the channel last delivered, or the server last said what it had not delivered. */
  #deliveredAtMs = 0;
  /** The offer of the latest reply, unless the service has refused it. */
  #offer: LanguageOffer | undefined;
  /** Whether a new offer is wanted. */
  #needsOffer = false;
  /** Whether the server pushes on the channel; unknown while a request for it has no reply. */
  #served: boolean | "unknown" = false;
  /** Whether the listener's connection was lost since the WebSocket last proved that it works. */
  #isSuspect = false;
  #failures = 0;
  /** Cancels the wait for the next attempt; undefined if there is none. */
  #cancelWait: (() => void) | undefined;

  constructor(connection: Connection, joinAgain: () => void, backoff: BackoffBounds) {
    this.#connection = connection;
    this.#joinAgain = joinAgain;
    this.#backoff = backoff;
    connection.state.subscribe(({ name }) => {
      if (name === "closed") this.#close();
      // Both WebSockets use the device's one network.
      if (name === "waitingToRetry") this.#isSuspect = true;
    });
    // The server pushes here what it could not publish on the channel.
    connection.messages.on(({ type }) => this.#check(type === "message" || type === "batch"));
  }

  get isJoinDue(): boolean {
    return this.#needsOffer || this.#served !== this.#isOpen;
  }

  async join(message: RequestOf<"joinSession">, send: SendJoin): Promise<SessionJoined> {
    const onChannel = this.#isOpen && this.#subscription?.offer.language === message.targetLanguage;
    // A failed join for an offer is not repeated, so that it delays no recovery: the next probe brings an offer.
    this.#needsOffer = false;
    if (onChannel) this.#served = "unknown";
    const reply = await send(onChannel ? { ...message, onChannel } : message).catch(
      async (error: unknown) => {
        if (!onChannel || !hasCode(error, "INVALID_MESSAGE")) throw error;
        // An older release of the server does not know `onChannel`.
        this.#subscription?.lose(error.code);
        return send(message);
      },
    );
    this.#onJoined(reply, onChannel);
    return reply;
  }

  onLateReply(): void {
    this.#served = "unknown";
  }

  #onJoined(reply: SessionJoined, isRequested: boolean): void {
    const { channel, targetLanguage: language, onChannel = false } = reply;
    this.#served = onChannel;
    // A newer server may offer another service.
    const offer = (this.#offer =
      channel?.service === "appSyncEvents"
        ? { ...channel, language, expiresAtMs: monotonicMs() + OFFER_MS }
        : undefined);
    const subscription = this.#subscription;
    if (!subscription) {
      if (!this.#cancelWait) this.#subscribe();
    } else if (subscription.offer.language !== language) {
      this.#drop();
      this.#subscribe();
    } else if (isRequested && !onChannel) {
      this.#drop();
      if (offer) this.#waitForNext();
    } else if (offer && offer.url + offer.name !== subscription.offer.url + subscription.offer.name) {
      subscription.lose("moved");
    } else {
      this.#check(!!reply.replayed || !!reply.reset);
      if (this.#isSuspect && offer && subscription.isOpen) {
        this.#isSuspect = false;
        subscription.renew(offer);
      }
    }
    this.#deliveredAtMs = monotonicMs();
  }

  /** Gives the channel up if it was silent while messages were published; the keep-alives of the service prove nothing. */
  #check(isMissed: boolean): void {
    const silenceMs = monotonicMs() - this.#deliveredAtMs;
    if (isMissed && this.#isOpen && silenceMs > this.#connection.timings.gapProbe.baseMs)
      this.#subscription?.lose("messages missed");
  }

  get #isOpen(): boolean {
    return this.#subscription?.isOpen ?? false;
  }

  /** Subscribes by the offer, if there is one. */
  #subscribe(): void {
    const offer = this.#offer;
    if (!offer) return;
    this.#isSuspect = false;
    this.#subscription = new EventSubscription(offer, this.#connection, {
      onMessage: (message) => {
        this.#deliveredAtMs = monotonicMs();
        this.#connection.messages.emit(message);
      },
      onOpen: () => {
        this.#openedAtMs = this.#deliveredAtMs = monotonicMs();
        this.#joinAgain();
      },
      onLost: (reason, isRefused) => {
        if (isRefused) this.#offer = undefined;
        // A join is due even if the next subscription stands before it.
        if (this.#served) this.#served = "unknown";
        this.#drop();
        this.#waitForNext();
        const message = `The audience's channel was lost: ${reason}.`;
        this.#connection.warnings.emit(new SessionError("CONNECTION_LOST", message));
        // One fault takes the channel from a whole audience, which must not join in the same moment.
        after(Math.random() * 2 * this.#connection.timings.gapDelayMs, this.#joinAgain);
      },
    });
    this.#subscription.open();
  }

  /** Subscribes after a wait: by the latest offer, or by one that another join brings if that one is too old. */
  #waitForNext(): void {
    const waitMs = backoffDelay(this.#failures++, this.#backoff, () => (1 + Math.random()) / 2);
    this.#cancelWait = after(waitMs, () => {
      this.#cancelWait = undefined;
      this.#needsOffer = (this.#offer?.expiresAtMs ?? 0) < monotonicMs();
      if (this.#needsOffer) this.#joinAgain();
      else this.#subscribe();
    });
  }

  #drop(): void {
    this.#subscription?.close();
    this.#subscription = undefined;
    // A subscription that is lost right after it was made still counts as a failure.
    if (monotonicMs() - this.#openedAtMs > this.#backoff.capMs) this.#failures = 0;
    this.#openedAtMs = Infinity;
  }

  #close(): void {
    this.#drop();
    this.#cancelWait?.();
    this.#cancelWait = this.#offer = undefined;
    this.#needsOffer = this.#served = false;
    this.#failures = 0;
  }
}
