import { meansSessionEnded, SessionError } from "./errors.ts";
import { mergeState } from "./mergeState.ts";
import { Observable } from "./observable.ts";
import type {
  CreatedSessionBody,
  EndReason,
  OpenStatus,
  Publish,
  Quality,
  ServerMessage,
} from "./protocol.generated.ts";
import { SendQueue } from "./sendQueue.ts";
import type { SpeakerConnection } from "./speakerConnection.ts";
import { withLimit } from "./waiting.ts";

export interface SpeakerState extends CreatedSessionBody {
  /** Why the session ended; undefined if it ended while the speaker was disconnected. */
  readonly endReason?: EndReason | undefined;
}

export type PublishContent = Omit<Publish, "action" | "requestId">;

export interface ChangeOptions {
  /** Stops the request, or prevents it if it was not sent yet. */
  readonly signal?: AbortSignal | undefined;
}

/** The properties of a session that the speaker sets. */
interface SessionChange {
  readonly status?: OpenStatus;
  readonly quality?: Quality;
  readonly muted?: boolean;
}

/**
 * The speaker's side of a session.
 *
 * It starts from `sessionCreated` or `sessionResumed`, even if the connection that brought it has closed: the
 * session outlives its connections, and the connection resumes the session by itself.
 */
export class SpeakerService {
  declare readonly connection: SpeakerConnection;
  declare readonly state: Observable<SpeakerState>;
  readonly #queue: SendQueue<PublishContent>;
  /** The changes that this speaker requested last. */
  #wanted: SessionChange = {};
  /** Settles when no change is under way: the server might apply two at once in the other order. */
  #changes: Promise<unknown> = Promise.resolve();

  /** @param attached the session as each later resume describes it. */
  constructor(
    created: CreatedSessionBody,
    connection: SpeakerConnection,
    attached: Observable<CreatedSessionBody | undefined>,
  ) {
    this.connection = connection;
    this.state = new Observable<SpeakerState>(created);
    this.#queue = new SendQueue(async (content, signal) => {
      const message = { action: "publish", ...content } as const;
      return (await connection.request<"publish">(message, { timeoutMs: Infinity, signal })).offset;
    });
    attached.subscribe((session) => {
      if (session) this.#update({ ...session, ...mergeState(this.state.value, session) });
    });
    connection.messages.on((message) => this.#onMessage(message));
    connection.state.subscribe((state) => {
      if (state.name === "closed" && meansSessionEnded(state.error)) this.#update({ status: "ended" });
    });
  }

  get sessionId(): string {
    return this.state.value.sessionId;
  }

  /** The number of messages that wait to be sent. */
  get backlog(): number {
    return this.#queue.length;
  }

  /**
   * Publishes in the order of the calls, each message once, across lost connections and handovers. Resolves
   * with the offset. It has no time limit, because a disconnected speaker's messages wait in the queue.
   *
   * @throws SessionError: QUEUE_FULL if a long disconnect filled the queue, or a refusal; or the signal's reason.
   */
  async publish(content: PublishContent, { signal }: ChangeOptions = {}): Promise<number> {
    if (this.state.value.status === "ended")
      throw new SessionError("SESSION_ENDED", "The session has ended.");
    return this.#queue.push(content, signal);
  }

  /** Pauses after the log has every earlier message: a paused session refuses to publish. */
  async pause(options?: ChangeOptions): Promise<void> {
    return this.#change({ status: "paused" }, options, async () => this.#published(options));
  }

  async resume(options?: ChangeOptions): Promise<void> {
    return this.#change({ status: "active" }, options);
  }

  async setQuality(quality: Quality, options?: ChangeOptions): Promise<void> {
    return this.#change({ quality }, options);
  }

  /** Informs the listeners that the speaker is muted, or no longer is. Messages may be published all the same. */
  async setMuted(muted: boolean, options?: ChangeOptions): Promise<void> {
    return this.#change({ muted }, options);
  }

  /** Ends the session for everyone after the log has every earlier message, and closes the connection. */
  async end(options: ChangeOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    if (this.state.value.status === "ended") return;
    await this.#published(options);
    try {
      const { reason } = await this.connection.request<"endSession">({ action: "endSession" }, options);
      this.#end(reason);
    } catch (error) {
      if (!meansSessionEnded(error)) throw error;
      this.#end("ended");
    }
  }

  /** Waits for the queue, but not longer than for a request. */
  async #published({ signal }: ChangeOptions = {}): Promise<void> {
    await withLimit(this.connection.timings.requestTimeoutMs, "Publishing", [signal], async () =>
      this.#queue.idle(),
    ).catch(() => signal?.throwIfAborted());
  }

  /** Sends changes one after the other, so that the last call decides. */
  async #change(
    change: SessionChange,
    options: ChangeOptions = {},
    before?: () => Promise<void>,
  ): Promise<void> {
    options.signal?.throwIfAborted();
    this.#wanted = { ...this.#wanted, ...change };
    const result = this.#changes.then(before).then(async () => {
      const message = { action: "updateSession", ...change } as const;
      this.#update(
        mergeState(this.state.value, await this.connection.request<"updateSession">(message, options)),
      );
    });
    this.#changes = result.catch(() => undefined);
    return result;
  }

  #onMessage(message: ServerMessage): void {
    if (!("sessionId" in message) || message.sessionId !== this.sessionId) return;
    if (message.type === "presence") this.#update({ listeners: message.listeners });
    else if (message.type === "sessionUpdated") {
      this.#update(mergeState(this.state.value, message));
      if (message.requestId !== undefined && message.version === this.state.value.version)
        this.#repeatWanted();
    } else if (message.type === "sessionEnded") this.#end(message.reason);
  }

  /** Requests the last wanted change again, after a late reply to an older request of its own. */
  #repeatWanted(): void {
    const { status, quality, muted = false } = this.state.value;
    const present = { status, quality, muted };
    const names = Object.keys(this.#wanted) as (keyof SessionChange)[];
    if (status === "ended" || names.every((name) => this.#wanted[name] === present[name])) return;
    this.#change(this.#wanted).catch(() => undefined);
  }

  #end(endReason: EndReason): void {
    if (this.state.value.status !== "ended") this.#update({ status: "ended", endReason });
    this.connection.close();
  }

  #update(change: Partial<SpeakerState>): void {
    this.state.set({ ...this.state.value, ...change });
  }
}
