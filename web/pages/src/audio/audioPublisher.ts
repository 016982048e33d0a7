import { STALL_MILLISECONDS } from "../stallProbe.ts";
import type { Packet, Recording } from "./recording.ts";

/** Audio that waited longer than this is dropped: a listener would hear it too late to take part. */
export const MAX_AGE_MILLISECONDS = 5000;

/** For how long a drop is reported. */
const DROP_NOTICE_MILLISECONDS = 10_000;

export interface AudioFlow {
  /**
   * `starting` until the first acknowledgement, `stalled` when none has arrived for some seconds, whether the
   * network or the microphone fails.
   */
  readonly name: "starting" | "flowing" | "stalled";
  /** The age of the oldest audio without an acknowledgement, in whole seconds. */
  readonly delaySeconds: number;
  /** Whether audio was dropped in the last seconds. */
  readonly isDropping: boolean;
}

interface RecordedPacket {
  readonly recording: Recording;
  readonly packet: Packet;
  readonly recordedAtMs: number;
}

interface WaitingChunk {
  readonly chunk: Uint8Array;
  readonly contentType: string;
  readonly recordedAtMs: number;
}

export interface AudioPublisherOptions {
  /**
   * Sends one chunk; resolves when the server has acknowledged it. It may reject once `expired` has aborted:
   * the chunk is too old then, and counts as dropped.
   */
  readonly publish: (chunk: Uint8Array, contentType: string, expired: AbortSignal) => Promise<unknown>;
  /** Gets the error of a chunk that was refused. */
  readonly onRefused: (error: unknown) => void;
  /** A monotonic clock in milliseconds. */
  readonly now?: () => number;
}

/**
 * Publishes recorded audio, one chunk at a time. What is recorded while a chunk is under way goes out together
 * in the next one: a slow network costs fewer messages, not a growing delay.
 */
export class AudioPublisher {
  readonly #publish: AudioPublisherOptions["publish"];
  readonly #onRefused: AudioPublisherOptions["onRefused"];
  readonly #now: () => number;
  #waiting: RecordedPacket[] = [];
  #underWaySinceMs: number | undefined;
  #isAcknowledged = false;
  /** When audio was last acknowledged, or when publishing began. */
  #progressAtMs: number;
  #droppedAtMs = -Infinity;
  #work = Promise.resolve();

  constructor({ publish, onRefused, now = () => performance.now() }: AudioPublisherOptions) {
    this.#publish = publish;
    this.#onRefused = onRefused;
    this.#now = now;
    this.#progressAtMs = now();
  }

  /** Adds packets that were recorded just now. `recording` is the same object for all packets of a recording. */
  add(recording: Recording, packets: readonly Packet[]): void {
    const recordedAtMs = this.#now();
    this.#waiting.push(...packets.map((packet) => ({ recording, packet, recordedAtMs })));
    if (this.#underWaySinceMs === undefined) this.#work = this.#sendAll();
  }

  get flow(): AudioFlow {
    const nowMs = this.#now();
    const isStalled = nowMs - this.#progressAtMs > STALL_MILLISECONDS;
    return {
      name: isStalled ? "stalled" : this.#isAcknowledged ? "flowing" : "starting",
      delaySeconds: Math.floor((nowMs - (this.#underWaySinceMs ?? nowMs)) / 1000),
      isDropping: nowMs - this.#droppedAtMs < DROP_NOTICE_MILLISECONDS,
    };
  }

  /** Whether a chunk is under way. */
  get isWaiting(): boolean {
    return this.#underWaySinceMs !== undefined;
  }

  /** Resolves when all audio is acknowledged, refused or dropped. */
  async idle(): Promise<void> {
    return this.#work;
  }

  /** Forgets the audio that waits, and the acknowledgements: the next audio has to prove that it arrives. */
  restart(): void {
    this.#waiting = [];
    this.#isAcknowledged = false;
    this.#progressAtMs = this.#now();
  }

  async #sendAll(): Promise<void> {
    for (let next = this.#takeChunk(); next; next = this.#takeChunk()) {
      this.#underWaySinceMs = next.recordedAtMs;
      const expiry = new AbortController();
      const leftMs = next.recordedAtMs + MAX_AGE_MILLISECONDS - this.#now();
      const timer = setTimeout(() => expiry.abort(), leftMs);
      try {
        await this.#publish(next.chunk, next.contentType, expiry.signal);
        this.#isAcknowledged = true;
        this.#progressAtMs = this.#now();
      } catch (error) {
        if (expiry.signal.aborted) this.#droppedAtMs = this.#now();
        else this.#onRefused(error);
      } finally {
        clearTimeout(timer);
      }
    }
    this.#underWaySinceMs = undefined;
  }

  /** Takes as many of the waiting packets as fit one chunk, without those that are too old. */
  #takeChunk(): WaitingChunk | undefined {
    const oldestMs = this.#now() - MAX_AGE_MILLISECONDS;
    const fresh = this.#waiting.filter(({ recordedAtMs }) => recordedAtMs >= oldestMs);
    if (fresh.length < this.#waiting.length) this.#droppedAtMs = this.#now();
    this.#waiting = fresh;
    const [first] = fresh;
    if (!first) return undefined;
    // A chunk belongs to one recording: packets of the next one wait for the next chunk.
    const { recording, recordedAtMs } = first;
    const end = fresh.findIndex((packet) => packet.recording !== recording);
    const packets = (end < 0 ? fresh : fresh.slice(0, end)).map(({ packet }) => packet);
    const { chunk, count } = recording.firstChunk(packets);
    this.#waiting = fresh.slice(count);
    return { chunk, contentType: recording.contentType, recordedAtMs };
  }
}
