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
  /** Bounds of the waits between attempts to subscribe; 1 second and 2 minutes unless given. */
  readonly backoff?: BackoffBounds;
}

/** An offer that arrives during the longest wait is still valid at its end: it is valid for five minutes. */
const DEFAULT_BACKOFF: BackoffBounds = { baseMs: 1000, capMs: 120_000 };

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
  /** The latest offer, until it is used: each attempt to subscribe has its own. */
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
    const onChannel = this.#isOpen && this.#subscription?.language === message.targetLanguage;
    if (onChannel) this.#served = "unknown";
    const reply = await send(onChannel ? { ...message, onChannel } : message).catch(
      async (error: unknown) => {
        if (!onChannel || !hasCode(error, "INVALID_MESSAGE")) throw error;
        // An older release of the server does not know `onChannel`.
        this.#subscription?.lose("the server does not know it");
        return send(message);
      },
    );
    this.#onJoined(reply);
    return reply;
  }

  onLateReply(): void {
    this.#served = "unknown";
  }

  #onJoined({ channel, targetLanguage: language, onChannel, replayed, reset }: SessionJoined): void {
    const isRefused = this.#served === "unknown" && !onChannel;
    this.#served = onChannel ?? false;
    this.#needsOffer = false;
    this.#offer = channel && isKnown(channel) ? { ...channel, language } : undefined;
    const subscription = this.#subscription;
    if (!subscription) {
      if (!this.#cancelWait) this.#subscribe();
    } else if (subscription.language !== language) {
      this.#drop();
      this.#subscribe();
    } else if (isRefused) {
      this.#drop();
      if (this.#offer) this.#waitForNext();
    } else {
      this.#check(!!replayed || !!reset);
      if (this.#isSuspect && this.#offer && subscription.isOpen) {
        this.#isSuspect = false;
        subscription.renew(this.#offer);
      }
    }
    this.#deliveredAtMs = monotonicMs();
    // An offer that waits for the loss of a subscription would have expired by then.
    if (this.#subscription) this.#offer = undefined;
  }

  /** Gives the channel up if it was silent while messages were published; the keep-alives of the service prove nothing. */
  #check(isMissed: boolean): void {
    const silenceMs = monotonicMs() - this.#deliveredAtMs;
    if (isMissed && this.#isOpen && silenceMs > this.#connection.timings.gapProbe.baseMs)
      this.#subscription?.lose("messages were missed");
  }

  get #isOpen(): boolean {
    return this.#subscription?.isOpen ?? false;
  }

  /** Subscribes by the offer, if there is one. */
  #subscribe(): void {
    const offer = this.#offer;
    if (!offer) return;
    this.#offer = undefined;
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
      onLost: (reason) => {
        this.#drop();
        this.#waitForNext();
        const message = `The audience's channel was lost: ${reason}.`;
        this.#connection.warnings.emit(new SessionError("CONNECTION_LOST", message));
        this.#joinAgain();
      },
    });
    this.#subscription.open();
  }

  /** Subscribes after a wait: by an offer that has arrived meanwhile, or by one that another join brings. */
  #waitForNext(): void {
    const waitMs = backoffDelay(this.#failures++, this.#backoff, () => (1 + Math.random()) / 2);
    this.#cancelWait = after(waitMs, () => {
      this.#cancelWait = undefined;
      this.#needsOffer = !this.#offer;
      if (this.#offer) this.#subscribe();
      else this.#joinAgain();
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

/** Returns whether the offer is one of AppSync Events; a newer server may offer another service. */
function isKnown({ service }: { readonly service: string }): boolean {
  return service === "appSyncEvents";
}
