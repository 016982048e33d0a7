import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { chunkOf, FakeAudio, FakeMediaSource, type FakeChunk } from "../../testSupport/fakeMedia.ts";
import { MAX_LAG_SECONDS } from "./catchUp.ts";
import type { AudioPlayer } from "./player.ts";
import { WEBM_OPUS } from "./webmRecording.ts";

vi.stubGlobal("MediaSource", FakeMediaSource);
vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:");
// The player looks for MediaSource when it is loaded.
const { AudioPlayer: Player, canSetVolume } = await import("./player.ts");

beforeEach(() => {
  vi.useFakeTimers();
  FakeMediaSource.opened = [];
  FakeMediaSource.quotaSeconds = Infinity;
});
afterEach(() => vi.useRealTimers());

/** A player on a fake element, and the chunks that arrive and the time that passes. */
class Playback {
  readonly audio = new FakeAudio();
  readonly player: AudioPlayer = new Player(this.audio as unknown as HTMLAudioElement);

  constructor() {
    FakeMediaSource.opened[0]?.open(this.audio);
  }

  async arrive(chunk: FakeChunk): Promise<void> {
    this.player.add(chunkOf(chunk), WEBM_OPUS);
    await vi.advanceTimersByTimeAsync(0);
  }

  async pass(seconds: number): Promise<void> {
    for (let step = 0; step < seconds * 10; step++) {
      await vi.advanceTimersByTimeAsync(100);
      this.audio.pass(0.1);
    }
  }

  /** Half a second of sound arrives twice a second. */
  async live(seconds: number): Promise<void> {
    for (let chunk = 0; chunk < seconds * 2; chunk++) {
      await this.arrive({ seconds: 0.5 });
      await this.pass(0.5);
    }
  }

  get behind(): number {
    const { buffered, currentTime } = this.audio;
    return buffered.length > 0 ? buffered.end(0) - currentTime : 0;
  }

  get state() {
    return this.player.state.value;
  }
}

test("the click that makes the player lets the element play, before there is sound", () => {
  const { audio } = new Playback();
  expect(audio.starts).toBe(1);
  expect(audio.paused).toBe(true);
});

test("the page knows whether the platform lets it set the volume", () => {
  const audio = new FakeAudio();
  expect(canSetVolume(audio)).toBe(true);
  expect(audio.volume).toBe(1);
  // As on iOS.
  expect(
    canSetVolume(Object.defineProperty({ volume: 1 }, "volume", { get: () => 1, set: () => undefined })),
  ).toBe(false);
});

test("sound plays at normal speed, close to the live position", async () => {
  const playback = new Playback();
  await playback.live(10);
  expect(playback.state).toMatchObject({ name: "playing", lagSeconds: 0 });
  expect(playback.behind).toBeLessThan(0.5);
  expect(playback.audio.playbackRate).toBe(1);
});

test("no delay remains after a hiccup: what it held is played faster", async () => {
  const playback = new Playback();
  await playback.live(10);
  const before = playback.behind;
  await playback.pass(3);
  expect(playback.state.name).toBe("waiting");
  await playback.arrive({ seconds: 3 });
  expect(playback.behind).toBeGreaterThan(2.9);
  await playback.live(5);
  expect(playback.audio.playbackRate).toBeGreaterThan(1);
  await playback.live(15);
  expect(playback.behind).toBeLessThan(before + 0.2);
  expect(playback.audio.playbackRate).toBe(1);
});

test("a lag beyond the maximum is skipped by itself", async () => {
  const playback = new Playback();
  await playback.live(5);
  await playback.arrive({ seconds: MAX_LAG_SECONDS + 2 });
  expect(playback.behind).toBeGreaterThan(MAX_LAG_SECONDS);
  await playback.pass(0.1);
  expect(playback.behind).toBeLessThan(1);
  expect(playback.state).toMatchObject({ name: "playing", lagSeconds: 0 });
});

test("a click plays the live position where the browser required one", async () => {
  const playback = new Playback();
  playback.audio.requiresClick = true;
  await playback.arrive({ seconds: 0.5 });
  await playback.pass(0.5);
  expect(playback.state.name).toBe("blocked");
  for (let chunk = 0; chunk < 10; chunk++) await playback.arrive({ seconds: 0.5 });
  playback.audio.requiresClick = false;
  playback.player.goLive();
  await playback.pass(0.1);
  expect(playback.state.name).toBe("playing");
  expect(playback.behind).toBeLessThan(1);
});

test("a pause from outside says so, until a click plays the live position", async () => {
  const playback = new Playback();
  await playback.live(5);
  await playback.arrive({ seconds: 0.5 });
  playback.audio.pause();
  expect(playback.state.name).toBe("paused");
  await playback.arrive({ seconds: 5 });
  expect(playback.state.name).toBe("paused");
  playback.player.goLive();
  await playback.pass(0.1);
  expect(playback.state.name).toBe("playing");
  expect(playback.behind).toBeLessThan(1);
});

test("a buffer that is full after a long pause is emptied of the oldest sound", async () => {
  FakeMediaSource.quotaSeconds = 60;
  const playback = new Playback();
  await playback.live(30);
  await playback.arrive({ seconds: 0.5 });
  playback.player.pause();
  for (let chunk = 0; chunk < 100; chunk++) await playback.arrive({ seconds: 0.5 });
  playback.player.goLive();
  await playback.live(5);
  expect(playback.state.name).toBe("playing");
  expect(playback.behind).toBeLessThan(1);
});

test("sound that cannot be decoded is reported, and what follows is played", async () => {
  const playback = new Playback();
  await playback.live(5);
  await playback.arrive({ seconds: 0.5, isDamaged: true });
  expect(playback.state).toMatchObject({ name: "waiting", hasDamage: true });
  FakeMediaSource.opened[1]?.open(playback.audio);
  await playback.live(3);
  expect(playback.state).toMatchObject({ name: "playing", hasDamage: true });
  await playback.live(10);
  expect(playback.state.hasDamage).toBe(false);
});

test("an output device that is lost is reported, and the sound goes on once another one plays", async () => {
  const playback = new Playback();
  await playback.live(5);
  playback.audio.fail();
  expect(playback.state).toMatchObject({ name: "waiting", hasDamage: true });
  FakeMediaSource.opened[1]?.open(playback.audio);
  await playback.live(3);
  expect(playback.state.name).toBe("playing");
});

test("a format that the browser cannot play is named until another one arrives", async () => {
  const playback = new Playback();
  playback.player.add(chunkOf({ seconds: 0.5 }), "audio/flac");
  expect(playback.state.unplayableType).toBe("audio/flac");
  await playback.live(2);
  expect(playback.state).toMatchObject({ name: "playing", unplayableType: undefined });
});

test("the sound that has arrived is played out, or given up where nothing plays", async () => {
  const playback = new Playback();
  await playback.live(3);
  await playback.arrive({ seconds: 2 });
  let isOver = false;
  void playback.player.playedOut().then(() => (isOver = true));
  await playback.pass(1);
  expect(isOver).toBe(false);
  await playback.pass(2);
  expect(isOver).toBe(true);

  await playback.arrive({ seconds: 2 });
  playback.player.pause();
  await playback.player.playedOut(); // at once: a person has to click before anything plays
});
