import { SessionError } from "./errors.ts";

export interface QueueBounds {
  readonly messages: number;
  /** Characters of data as sent. */
  readonly characters: number;
}

/** About a minute and a half of audio in premium quality. */
export const DEFAULT_QUEUE_BOUNDS: QueueBounds = { messages: 512, characters: 1024 * 1024 };

interface QueuedMessage<Message> {
  readonly message: Message;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (offset: number) => void;
  readonly reject: (error: unknown) => void;
}

/** Sends a message and resolves with its offset once the log has it. */
type Send<Message> = (message: Message, signal: AbortSignal | undefined) => Promise<number>;

/**
 * Sends messages one after the other: API Gateway processes two messages of one connection concurrently and
 * would not keep their order.
 *
 * If a message does not fit, the oldest waiting ones are dropped, because a live message is worth more than a
 * late one. A dropped message's promise rejects with QUEUE_FULL. The message under way is never dropped.
 */
export class SendQueue<Message extends { readonly data: string }> {
  readonly #send: Send<Message>;
  readonly #bounds: QueueBounds;
  readonly #waiting: QueuedMessage<Message>[] = [];
  #characters = 0;
  #work = Promise.resolve();
  #isSending = false;

  constructor(send: Send<Message>, bounds: QueueBounds = DEFAULT_QUEUE_BOUNDS) {
    this.#send = send;
    this.#bounds = bounds;
  }

  /** The number of waiting messages, without the one under way. */
  get length(): number {
    return this.#waiting.length;
  }

  /**
   * Resolves with the message's offset once the log has it.
   *
   * @param signal removes the message while it waits, and stops repeating it while it is under way.
   */
  async push(message: Message, signal?: AbortSignal): Promise<number> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const queued = { message, signal, resolve, reject };
      this.#waiting.push(queued);
      this.#characters += message.data.length;
      signal?.addEventListener("abort", () => {
        const index = this.#waiting.indexOf(queued);
        if (index >= 0) this.#take(index)?.reject(signal.reason);
      });
      const { messages, characters } = this.#bounds;
      while (this.#waiting.length > 1 && (this.#waiting.length > messages || this.#characters > characters))
        this.#take()?.reject(new SessionError("QUEUE_FULL", "The oldest messages were dropped."));
      if (!this.#isSending) this.#work = this.#sendAll();
    });
  }

  /** Resolves once every message is sent or refused. */
  async idle(): Promise<void> {
    return this.#work;
  }

  #take(index = 0): QueuedMessage<Message> | undefined {
    const [taken] = this.#waiting.splice(index, 1);
    this.#characters -= taken?.message.data.length ?? 0;
    return taken;
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    for (let next = this.#take(); next; next = this.#take())
      await this.#send(next.message, next.signal).then(next.resolve, next.reject);
    this.#isSending = false;
  }
}
