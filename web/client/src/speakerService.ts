import type {
  CreatedSessionBody,
  EndReason,
  OpenStatus,
  Publish,
  Quality,
  ServerMessage,
} from "./protocol.generated.ts";
import type { Connection } from "./connection.ts";
import { delay } from "./delay.ts";
import { isOver, SessionError } from "./errors.ts";
import { mergeState } from "./mergeState.ts";
import { Observable } from "./observable.ts";
import { SendQueue } from "./sendQueue.ts";

export interface SpeakerState extends CreatedSessionBody {
  /** Why it ended; nothing where that was while the speaker was away. */
  readonly endReason?: EndReason | undefined;
}

export type PublishContent = Omit<Publish, "action" | "requestId">;

/**
 * The speaker's side of a session.
 *
 * It starts from what `sessionCreated` or `sessionResumed` said, whether or not the connection that
 * brought it is still open: the session outlives it, and the connection resumes by itself.
 */
export class SpeakerService {
  readonly connection: Connection;
  readonly state: Observable<SpeakerState>;
  readonly #queue: SendQueue<PublishContent>;

  /** @param attached follows what each later resume says of the session. */
  constructor(
    created: CreatedSessionBody,
    connection: Connection,
    attached: Observable<CreatedSessionBody | undefined>,
  ) {
    this.connection = connection;
    this.state = new Observable<SpeakerState>(created);
    this.#queue = new SendQueue(async (content) => {
      const message = { action: "publish", ...content } as const;
      return (await connection.request<"publish">(message, { deadline: Infinity })).offset;
    });
    attached.subscribe((session) => {
      if (session) this.#update({ ...session, ...mergeState(this.state.value, session) });
    });
    connection.messages.on((message) => this.#onMessage(message));
    connection.state.subscribe((state) => {
      if (state.name === "closed" && isOver(state.error)) this.#update({ status: "ended" });
    });
  }

  get sessionId(): string {
    return this.state.value.sessionId;
  }

  /** Messages that wait to be sent. */
  get backlog(): number {
    return this.#queue.length;
  }

  /**
   * Publishes in the order of the calls, each once, also across cuts and handovers. Resolves with the offset.
   *
   * @throws SessionError: QUEUE_FULL where a long cut filled the queue, or a refusal.
   */
  async publish(content: PublishContent): Promise<number> {
    if (this.state.value.status === "ended") throw new SessionError("SESSION_ENDED", "The session is over.");
    return this.#queue.push(content);
  }

  /** Pauses once everything published before is in the log, which a paused session would refuse. */
  async pause(): Promise<void> {
    await this.#published();
    return this.#set({ status: "paused" });
  }

  async resume(): Promise<void> {
    return this.#set({ status: "active" });
  }

  async setQuality(quality: Quality): Promise<void> {
    return this.#set({ quality });
  }

  /** Ends the session for everyone once everything published before is in the log, and closes the connection. */
  async end(): Promise<void> {
    if (this.state.value.status === "ended") return;
    await this.#published();
    try {
      const { reason } = await this.connection.request<"endSession">({ action: "endSession" });
      this.#end(reason);
    } catch (error) {
      if (!isOver(error)) throw error;
      this.#end("ended");
    }
  }

  /** Waits for the queue, but not longer than for a request. */
  async #published(): Promise<void> {
    const limit = new AbortController();
    await Promise.race([
      this.#queue.idle(),
      delay(this.connection.timings.request, limit.signal).catch(() => undefined),
    ]);
    limit.abort();
  }

  async #set(change: { status?: OpenStatus; quality?: Quality }): Promise<void> {
    const reply = await this.connection.request<"updateSession">({ action: "updateSession", ...change });
    this.#update(mergeState(this.state.value, reply));
  }

  #onMessage(message: ServerMessage): void {
    if (!("sessionId" in message) || message.sessionId !== this.sessionId) return;
    if (message.type === "presence") this.#update({ listeners: message.listeners });
    else if (message.type === "sessionUpdated") this.#update(mergeState(this.state.value, message));
    else if (message.type === "sessionEnded") this.#end(message.reason);
  }

  #end(endReason: EndReason): void {
    if (this.state.value.status !== "ended") this.#update({ status: "ended", endReason });
    this.connection.close();
  }

  #update(change: Partial<SpeakerState>): void {
    this.state.set({ ...this.state.value, ...change });
  }
}
