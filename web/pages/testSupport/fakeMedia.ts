/** A chunk of the fake media: its seconds, and whether it can be decoded. */
export interface FakeChunk {
  readonly seconds: number;
  readonly isDamaged?: boolean;
}

export function chunkOf(chunk: FakeChunk): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(chunk));
}

/** One range of buffered seconds. */
class Buffered {
  start = 0;
  end = 0;

  get ranges(): TimeRanges {
    return {
      length: this.end > this.start ? 1 : 0,
      start: () => this.start,
      end: () => this.end,
    };
  }
}

/** Stands in for the browser's audio element, which plays as far as the test moves it. */
export class FakeAudio {
  currentTime = 0;
  playbackRate = 1;
  volume = 1;
  paused = true;
  error: MediaError | null = null;
  src = "";
  disableRemotePlayback = false;
  preservesPitch = true;
  /** How often it was started. */
  starts = 0;
  /** Whether the browser requires a click before it plays. */
  requiresClick = false;
  onwaiting: (() => void) | null = null;
  ontimeupdate: (() => void) | null = null;
  onpause: (() => void) | null = null;
  onplay: (() => void) | null = null;
  onerror: (() => void) | null = null;
  #source: FakeMediaSource | undefined;

  get buffered(): TimeRanges {
    return this.#source?.buffered.ranges ?? new Buffered().ranges;
  }

  attach(source: FakeMediaSource): void {
    this.#source = source;
    this.currentTime = 0;
    this.error = null;
    source.audio = this;
  }

  async play(): Promise<void> {
    this.starts++;
    if (this.requiresClick) return Promise.reject(new DOMException("no", "NotAllowedError"));
    this.paused = false;
    this.onplay?.();
    return Promise.resolve();
  }

  pause(): void {
    if (this.paused) return;
    this.paused = true;
    this.onpause?.();
  }

  removeAttribute(): void {
    this.src = "";
  }

  /** Plays for some seconds, or until the buffer is empty. */
  pass(seconds: number): void {
    if (this.paused || this.error) return;
    const { length } = this.buffered;
    const end = length > 0 ? this.buffered.end(0) : 0;
    this.currentTime = Math.min(end, this.currentTime + seconds * this.playbackRate);
    this.ontimeupdate?.();
    if (this.currentTime >= end) this.onwaiting?.();
  }

  fail(): void {
    this.error = { code: 3, message: "" } as MediaError;
    this.onerror?.();
  }
}

class FakeSourceBuffer {
  updating = false;
  mode = "segments";
  onupdateend: (() => void) | null = null;
  readonly #source: FakeMediaSource;

  constructor(source: FakeMediaSource) {
    this.#source = source;
  }

  get buffered(): TimeRanges {
    return this.#source.buffered.ranges;
  }

  changeType(type: string): void {
    this.#source.types.push(type);
  }

  appendBuffer(bytes: Uint8Array): void {
    const { seconds, isDamaged } = JSON.parse(new TextDecoder().decode(bytes)) as FakeChunk;
    const { buffered } = this.#source;
    if (buffered.end - buffered.start + seconds > FakeMediaSource.quotaSeconds)
      throw new DOMException("full", "QuotaExceededError");
    this.#update(() => {
      if (isDamaged) this.#source.audio?.fail();
      else buffered.end += seconds;
    });
  }

  remove(_: number, end: number): void {
    this.#update(() => (this.#source.buffered.start = end));
  }

  #update(change: () => void): void {
    this.updating = true;
    queueMicrotask(() => {
      this.updating = false;
      change();
      this.onupdateend?.();
    });
  }
}

/** Stands in for the browser's MediaSource. */
export class FakeMediaSource {
  static quotaSeconds = Infinity;
  /** The sources that were opened, in order. */
  static opened: FakeMediaSource[] = [];
  readyState = "closed";
  readonly buffered = new Buffered();
  readonly types: string[] = [];
  audio: FakeAudio | undefined;
  #onOpen = (): void => undefined;

  static isTypeSupported(type: string): boolean {
    return type.startsWith("audio/webm");
  }

  constructor() {
    FakeMediaSource.opened.push(this);
  }

  addEventListener(_: string, listener: () => void): void {
    this.#onOpen = listener;
  }

  addSourceBuffer(type: string): FakeSourceBuffer {
    this.types.push(type);
    return new FakeSourceBuffer(this);
  }

  open(audio: FakeAudio): void {
    audio.attach(this);
    this.readyState = "open";
    this.#onOpen();
  }
}
