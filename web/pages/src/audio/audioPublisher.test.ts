import { expect, onTestFinished, test, vi } from "vitest";
import { STALL_MILLISECONDS } from "../stallProbe.ts";
import { AudioPublisher, MAX_AGE_MILLISECONDS } from "./audioPublisher.ts";
import { element, Id } from "./ebml.ts";
import { MAX_CHUNK_BYTES, type Packet } from "./recording.ts";
import { WebmReader } from "./webmReader.ts";
import { WebmRecording } from "./webmRecording.ts";

const TRACK = 0x81;
const RECORDING = new WebmRecording(element(Id.header, new Uint8Array(20)), TRACK);
const OTHER_RECORDING = new WebmRecording(element(Id.header, new Uint8Array(30)), TRACK);

/** A publisher whose chunks are acknowledged by the test, and a clock that the test moves. */
class PublisherDriver {
  nowMs = 0;
  readonly refused: unknown[] = [];
  readonly publisher = new AudioPublisher({
    publish: async (chunk, _contentType, expired) =>
      new Promise<void>((resolve, reject) => {
        this.#underWay.push({ chunk, resolve, reject });
        expired.addEventListener("abort", () => void this.refuse(expired.reason));
      }),
    onRefused: (error) => this.refused.push(error),
    now: () => this.nowMs,
  });
  readonly #underWay: { chunk: Uint8Array; resolve: () => void; reject: (error: unknown) => void }[] = [];

  record(...times: number[]): void {
    this.recordTo(RECORDING, ...times);
  }

  recordTo(recording: WebmRecording, ...times: number[]): void {
    this.publisher.add(
      recording,
      times.map((time) => packet(time)),
    );
  }

  /** The times of the packets in each chunk that is under way. */
  get underWay(): number[][] {
    return this.#underWay.map(({ chunk }) => new WebmReader().push(chunk).map(({ time }) => time));
  }

  async acknowledge(): Promise<void> {
    this.#underWay.shift()?.resolve();
    await Promise.resolve();
    await Promise.resolve();
  }

  async refuse(error: unknown): Promise<void> {
    this.#underWay.shift()?.reject(error);
    await Promise.resolve();
    await Promise.resolve();
  }
}

function packet(time: number, bytes = 10): Packet {
  return { time, data: new Uint8Array(bytes).fill(1) };
}

test("one chunk is under way at a time, and what was recorded meanwhile goes out as one chunk", async () => {
  const driver = new PublisherDriver();
  driver.record(0, 20);
  driver.record(40);
  driver.record(60, 80);
  expect(driver.underWay).toEqual([[0, 20]]);
  await driver.acknowledge();
  expect(driver.underWay).toEqual([[40, 60, 80]]);
  await driver.acknowledge();
  expect(driver.underWay).toEqual([]);
});

test("packets that do not fit one chunk go out in the next one, in order", async () => {
  const driver = new PublisherDriver();
  driver.record(0);
  driver.publisher.add(RECORDING, [packet(20, MAX_CHUNK_BYTES - 200), packet(40, 300), packet(60)]);
  await driver.acknowledge();
  expect(driver.underWay).toEqual([[20]]);
  await driver.acknowledge();
  expect(driver.underWay).toEqual([[40, 60]]);
});

test("packets of two recordings never share a chunk", async () => {
  const driver = new PublisherDriver();
  driver.record(0);
  driver.record(20);
  driver.recordTo(OTHER_RECORDING, 0, 20);
  await driver.acknowledge();
  expect(driver.underWay).toEqual([[20]]);
  await driver.acknowledge();
  expect(driver.underWay).toEqual([[0, 20]]);
});

test("audio that waited too long is dropped and not sent late", async () => {
  const driver = new PublisherDriver();
  driver.record(0);
  driver.record(20);
  driver.nowMs = MAX_AGE_MILLISECONDS + 1;
  driver.record(5000);
  expect(driver.publisher.flow.isDropping).toBe(false);
  await driver.acknowledge();
  expect(driver.underWay).toEqual([[5000]]);
  expect(driver.publisher.flow.isDropping).toBe(true);
  driver.nowMs += 10_000;
  expect(driver.publisher.flow.isDropping).toBe(false);
});

test("a chunk under way that its sender gives up as too old is a drop, not a refusal", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const driver = new PublisherDriver();
  driver.record(0);
  driver.nowMs = 1000;
  driver.record(20);
  await vi.advanceTimersByTimeAsync(MAX_AGE_MILLISECONDS - 1);
  expect(driver.underWay).toEqual([[0]]);
  await vi.advanceTimersByTimeAsync(1);
  expect(driver.underWay).toEqual([[20]]);
  expect(driver.publisher.flow.isDropping).toBe(true);
  expect(driver.refused).toEqual([]);
});

test("audio flows only while it is acknowledged", async () => {
  const driver = new PublisherDriver();
  expect(driver.publisher.flow).toEqual({ name: "starting", delaySeconds: 0, isDropping: false });
  driver.record(0);
  expect(driver.publisher.flow.name).toBe("starting");
  await driver.acknowledge();
  expect(driver.publisher.flow.name).toBe("flowing");
  driver.record(20);
  driver.nowMs = STALL_MILLISECONDS;
  expect(driver.publisher.flow).toMatchObject({ name: "flowing", delaySeconds: 3 });
  driver.nowMs = STALL_MILLISECONDS + 1;
  expect(driver.publisher.flow.name).toBe("stalled");
  await driver.acknowledge();
  expect(driver.publisher.flow).toMatchObject({ name: "flowing", delaySeconds: 0 });
});

test("audio has stalled, too, when the microphone delivers none", async () => {
  const driver = new PublisherDriver();
  driver.record(0);
  await driver.acknowledge();
  driver.nowMs = STALL_MILLISECONDS + 1;
  expect(driver.publisher.flow).toMatchObject({ name: "stalled", delaySeconds: 0 });
  driver.publisher.restart();
  expect(driver.publisher.flow.name).toBe("starting");
});

test("a refused chunk is reported, and the next one is sent", async () => {
  const driver = new PublisherDriver();
  driver.record(0);
  driver.record(20);
  await driver.refuse("refused");
  expect(driver.refused).toEqual(["refused"]);
  expect(driver.publisher.flow.name).toBe("starting");
  expect(driver.underWay).toEqual([[20]]);
});

test("after a restart nothing old is sent, and the audio has to be acknowledged anew", async () => {
  const driver = new PublisherDriver();
  driver.record(0);
  driver.record(20);
  driver.publisher.restart();
  await driver.acknowledge();
  expect(driver.underWay).toEqual([]);
  driver.publisher.restart();
  expect(driver.publisher.flow.name).toBe("starting");
});
