/** Levels below this, in decibels relative to full scale, show as 0. */
const FLOOR_DECIBELS = -60;

/** Measures the loudness of a source, from 0 to 1. */
export class LevelMeter {
  readonly #analyser: AnalyserNode;
  readonly #samples: Float32Array<ArrayBuffer>;

  constructor(source: AudioNode) {
    this.#analyser = source.context.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    source.connect(this.#analyser);
  }

  get level(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return loudness(this.#samples);
  }
}

/** Returns the loudness, scaled so that FLOOR_DECIBELS is 0 and full scale is 1. */
export function loudness(samples: Float32Array): number {
  return Math.min(1, Math.max(0, 1 - decibels(samples) / FLOOR_DECIBELS));
}

/** Returns the root mean square in decibels relative to full scale. */
export function decibels(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return 10 * Math.log10(sum / samples.length || Number.MIN_VALUE);
}
