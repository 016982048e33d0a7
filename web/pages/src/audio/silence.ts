import { decibels } from "./levelMeter.ts";

/** Speech has louder parts than this in every word; what noise suppression leaves of a room is quieter. */
const SILENT_DECIBELS = -50;

/** About the length of a sound of speech. */
const WINDOW_SECONDS = 0.02;

/** Returns whether a chunk has silence only; false if this browser cannot decode it apart from the player. */
export async function isSilent(chunk: Uint8Array<ArrayBuffer>): Promise<boolean> {
  try {
    const context = new OfflineAudioContext(1, 1, 48_000);
    // Decoding detaches the buffer that it gets.
    const audio = await context.decodeAudioData(chunk.slice().buffer);
    const channels = Array.from({ length: audio.numberOfChannels }, (_, index) =>
      audio.getChannelData(index),
    );
    return channels.every((samples) => areSilent(samples, audio.sampleRate));
  } catch {
    return false;
  }
}

/** Returns whether no part of the samples is as loud as speech. */
export function areSilent(samples: Float32Array, sampleRate: number): boolean {
  const frames = Math.round(WINDOW_SECONDS * sampleRate);
  for (let start = 0; start < samples.length; start += frames)
    if (decibels(samples.subarray(start, start + frames)) > SILENT_DECIBELS) return false;
  return samples.length > 0;
}
