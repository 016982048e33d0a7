/** One encoded packet of audio, as its recording's container holds it. */
export interface Packet {
  /** Milliseconds since the recording began. */
  readonly time: number;
  readonly data: Uint8Array;
}

/** What the packets of one recording need to be played: the type of their container, and how it joins them. */
export interface Recording {
  /** The content type of its chunks, with the codec. */
  readonly contentType: string;

  /** Returns a chunk of the first packets, and the number of packets that fit: at least one, if there is any. */
  firstChunk(packets: readonly Packet[], maxBytes?: number): Chunk;
}

export interface Chunk {
  readonly chunk: Uint8Array;
  readonly count: number;
}

/** Gets the packets that were recorded last. `recording` is the same object for all packets of a recording. */
export type PacketSink = (recording: Recording, packets: readonly Packet[]) => void;

/** A pushed message must fit one frame of 32 KB, in base64 (4/3) and with 1 KB for the envelope. */
export const MAX_CHUNK_BYTES = Math.floor(((32 - 1) * 1024 * 3) / 4);
