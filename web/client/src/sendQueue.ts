import { SessionError } from "./errors.ts";

export interface QueueBounds {
  readonly messages: number;
  /** Of data, in characters as sent. */
  readonly characters: number;
}

/** About a minute and a half of audio in premium quality. */
export const DEFAULT_QUEUE_BOUNDS: QueueBounds = { messages: 512, characters: 1024 * 1024 };

interface Queued<Message> {
  readonly message: Message;
  readonly resolve: (offset: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Sends messages one after the other: the next goes out when the one before is in the log, since API
 * Gateway runs two messages of one connection side by side and would not keep their order.
 *
 * Overflow rule: when a message does not fit, the oldest ones that wait are dropped, as what is live
 * is worth more than what is late. A dropped message's promise rejects with QUEUE_FULL; the one under
 * way is never dropped.
 */
export class SendQueue<Message extends { readonly data: string }> {
  readonly #send: (message: Message) => Promise<number>;
  readonly #bounds: QueueBounds;
  readonly #waiting: Queued<Message>[] = [];
  #characters = 0;
  #work = Promise.resolve();
  #sending = false;

  constructor(send: (message: Message) => Promise<number>, bounds: QueueBounds = DEFAULT_QUEUE_BOUNDS) {
    this.#send = send;
    this.#bounds = bounds;
  }

  /** How many messages wait, without the one under way. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Resolves with the message's offset once the log has it. */
  async push(message: Message): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, resolve, reject });
      this.#characters += message.data.length;
      while (this.#overflows() && this.#waiting.length > 1)
        this.#take()?.reject(
          new SessionError("QUEUE_FULL", "The connection is too slow; older messages were dropped."),
        );
      if (!this.#sending) this.#work = this.#sendAll();
    });
  }

  /** Resolves once everything is sent, or refused. */
  async idle(): Promise<void> {
    return this.#work;
  }

  #overflows(): boolean {
    return this.#waiting.length > this.#bounds.messages || this.#characters > this.#bounds.characters;
  }

  #take(): Queued<Message> | undefined {
    const first = this.#waiting.shift();
    this.#characters -= first?.message.data.length ?? 0;
    return first;
  }

  async #sendAll(): Promise<void> {
    this.#sending = true;
    for (let next = this.#take(); next; next = this.#take())
      await this.#send(next.message).then(next.resolve, next.reject);
    this.#sending = false;
  }
}
