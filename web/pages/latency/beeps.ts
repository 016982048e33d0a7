/** The fake microphone plays this file again and again. */
export const BEEP_INTERVAL_SECONDS = 4;

const SAMPLE_RATE = 48_000;
const BEEP_SECONDS = 0.2;
const BEEP_HERTZ = 1000;

/** Returns a WAV file: a beep, then silence. */
export function beepFile(): Buffer {
  const samples = SAMPLE_RATE * BEEP_INTERVAL_SECONDS;
  const file = Buffer.alloc(44 + samples * 2);
  file.write("RIFF", 0);
  file.writeUInt32LE(36 + samples * 2, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16); // the length of the format
  file.writeUInt16LE(1, 20); // PCM
  file.writeUInt16LE(1, 22); // channels
  file.writeUInt32LE(SAMPLE_RATE, 24);
  file.writeUInt32LE(SAMPLE_RATE * 2, 28);
  file.writeUInt16LE(2, 32); // bytes a sample of all channels
  file.writeUInt16LE(16, 34); // bits a sample
  file.write("data", 36);
  file.writeUInt32LE(samples * 2, 40);
  for (let n = 0; n < SAMPLE_RATE * BEEP_SECONDS; n++)
    file.writeInt16LE(20_000 * Math.sin((2 * Math.PI * BEEP_HERTZ * n) / SAMPLE_RATE), 44 + n * 2);
  return file;
}

/**
 * Runs in a page, before its own scripts: `beeps` collects the epoch milliseconds at which each beep begins,
 * in the microphone's stream on the speaker page and in the audio element on the listener page. `interruptions`
 * counts how often the element ran out of audio.
 */
export function watchBeeps(): void {
  const beeps: number[] = [];
  const seen = { beeps, interruptions: 0 };
  Object.assign(globalThis, seen);
  document.addEventListener(
    "waiting",
    () => Object.assign(globalThis, { interruptions: ++seen.interruptions }),
    true,
  );
  const detector = `registerProcessor("beeps", class extends AudioWorkletProcessor {
    #quietSince = -1;
    process([input]) {
      const isLoud = (input[0] ?? []).some((sample) => Math.abs(sample) > 0.05);
      if (isLoud && currentTime - this.#quietSince > 0.3) this.port.postMessage(Date.now());
      if (isLoud) this.#quietSince = currentTime;
      return true;
    }
  })`;
  const watch = async (stream: MediaStream): Promise<void> => {
    const context = new AudioContext();
    await context.audioWorklet.addModule(
      URL.createObjectURL(new Blob([detector], { type: "text/javascript" })),
    );
    const node = new AudioWorkletNode(context, "beeps");
    node.port.onmessage = ({ data }: MessageEvent<number>) => void beeps.push(data);
    context.createMediaStreamSource(stream).connect(node);
  };
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (constraints) => {
    const stream = await open(constraints);
    await watch(stream);
    return stream;
  };
  document.addEventListener(
    "playing",
    ({ target }) => {
      const audio = target as HTMLAudioElement & { captureStream?: () => MediaStream; isWatched?: true };
      if (audio.isWatched || !audio.captureStream) return;
      audio.isWatched = true;
      void watch(audio.captureStream());
    },
    true,
  );
}

/** Returns the delay of each beep that was heard before the next one began, in milliseconds. */
export function delays(spoken: readonly number[], heard: readonly number[]): number[] {
  return spoken.flatMap((begin) => {
    const found = heard.find((time) => time >= begin && time < begin + BEEP_INTERVAL_SECONDS * 1000);
    return found === undefined ? [] : [found - begin];
  });
}
