import type { Quality } from "websocket-sessions";
import captureUrl from "./captureWorklet.ts?worker&url";
import { OPUS_TRACK, opusHeader, packetMilliseconds } from "./opus.ts";
import { BITS_PER_SECOND, CHUNK_MILLISECONDS, type AudioRecorder } from "./recorder.ts";
import type { Packet, PacketSink } from "./recording.ts";
import { WebmRecording } from "./webmRecording.ts";

export interface CaptureOptions {
  readonly channels: number;
}

/** Returns whether this browser encodes Opus from the samples of an audio worklet. */
export async function canEncodeOpus(): Promise<boolean> {
  if (!("AudioEncoder" in globalThis) || !("AudioWorkletNode" in globalThis)) return false;
  const { supported } = await AudioEncoder.isConfigSupported(encoderConfig(48_000, 1, "standard"));
  return supported === true;
}

/** Loads what an `OpusRecorder` needs in this context. */
export async function loadCapture(context: AudioContext): Promise<void> {
  await context.audioWorklet.addModule(captureUrl);
}

/** Records a source as Opus with the browser's encoder (WebCodecs). Requires `loadCapture` first. */
export class OpusRecorder implements AudioRecorder {
  readonly #encoder: AudioEncoder;
  readonly #source: AudioNode;
  readonly #capture: AudioWorkletNode;
  readonly #channels: number;
  readonly #recording: WebmRecording;
  readonly #onPackets: PacketSink;
  #packets: Packet[] = [];
  #encodedFrames = 0;
  #timeMilliseconds = 0;

  constructor(
    source: AudioNode,
    { channels, quality }: { readonly channels: number; readonly quality: Quality },
    onPackets: PacketSink,
    onFailed: () => void,
  ) {
    this.#source = source;
    this.#channels = channels;
    this.#onPackets = onPackets;
    this.#recording = new WebmRecording(opusHeader(channels), OPUS_TRACK);
    this.#encoder = new AudioEncoder({ output: (chunk) => this.#add(chunk), error: onFailed });
    this.#encoder.configure(encoderConfig(source.context.sampleRate, channels, quality));
    const processorOptions: CaptureOptions = { channels };
    this.#capture = new AudioWorkletNode(source.context, "capture", {
      numberOfOutputs: 0,
      channelCount: channels,
      channelCountMode: "explicit",
      processorOptions,
    });
    this.#capture.port.onmessage = ({ data }: MessageEvent<Float32Array<ArrayBuffer>>) => this.#encode(data);
    source.connect(this.#capture);
  }

  async stop(): Promise<void> {
    this.#source.disconnect(this.#capture);
    this.#capture.port.onmessage = null;
    this.#capture.port.postMessage("stop");
    if (this.#encoder.state !== "configured") return;
    await this.#encoder.flush();
    this.#encoder.close();
    this.#pass();
  }

  #encode(samples: Float32Array<ArrayBuffer>): void {
    if (this.#encoder.state !== "configured") return;
    const { sampleRate } = this.#source.context;
    const numberOfFrames = samples.length / this.#channels;
    const audio = new AudioData({
      format: "f32-planar",
      sampleRate,
      numberOfFrames,
      numberOfChannels: this.#channels,
      timestamp: Math.round((this.#encodedFrames / sampleRate) * 1e6),
      data: samples,
    });
    this.#encodedFrames += numberOfFrames;
    this.#encoder.encode(audio);
    audio.close();
  }

  #add(chunk: EncodedAudioChunk): void {
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    // Browsers disagree about the times of the first packets, so the packets' own durations are added up.
    this.#packets.push({ time: Math.round(this.#timeMilliseconds), data });
    this.#timeMilliseconds += packetMilliseconds(data);
    const [first] = this.#packets;
    if (first && this.#timeMilliseconds - first.time >= CHUNK_MILLISECONDS) this.#pass();
  }

  #pass(): void {
    const packets = this.#packets;
    this.#packets = [];
    if (packets.length > 0) this.#onPackets(this.#recording, packets);
  }
}

function encoderConfig(sampleRate: number, channels: number, quality: Quality): AudioEncoderConfig {
  return { codec: "opus", sampleRate, numberOfChannels: channels, bitrate: BITS_PER_SECOND[quality] };
}
