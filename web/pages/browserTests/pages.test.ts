import { existsSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect } from "vitest";
import { CHUNK_MILLISECONDS } from "../src/audio/recorder.ts";
import { gateway } from "../../client/stackTests/gateway.ts";
import { localStack } from "../../client/stackTests/localStack.ts";
import {
  becomes,
  broadcast,
  endSession,
  expectAccessible,
  hasValue,
  hides,
  playback,
  listen,
  press,
  shows,
  signedInSpeaker,
  text,
  WAIT,
} from "./pageActions.ts";
import { hasBrowser, visit, type Visitor } from "./browser.ts";
import { pageTest as test } from "./pageTest.ts";

const SESSION_ID = /^[a-z]+-[a-z]+-[1-9]\d\d$/;
const IMAGES = fileURLToPath(new URL("../../../docs/images/", import.meta.url));
const PICTURE = { viewport: { width: 1040, height: 720 }, deviceScaleFactor: 1.5 };

/** Takes a picture for the README; keeps an existing one unless UPDATE_IMAGES is set. */
async function picture({ page }: Visitor, name: string): Promise<void> {
  if (process.env.UPDATE_IMAGES !== undefined || !existsSync(IMAGES + name))
    await page.screenshot({ path: IMAGES + name });
}

const level = async ({ page }: Visitor): Promise<number> =>
  page.locator("#level").evaluate((meter: HTMLMeterElement) => meter.value);

/** Waits for the microphone's beep and holds the meter at its level: a beep is shorter than a picture takes. */
async function holdBeep({ page }: Visitor): Promise<void> {
  await page.locator("#level").evaluate(async (meter: HTMLMeterElement) => {
    while (meter.value <= 0.3) await new Promise((resolve) => setTimeout(resolve, 20));
    const held = meter.value;
    Object.defineProperty(meter, "value", { get: () => held, set: () => undefined });
  });
}

/** Returns the highest level that the meter shows within two seconds: the fake microphone beeps each second. */
async function highestLevel({ page }: Visitor): Promise<number> {
  return page.locator("#level").evaluate(
    async (meter: HTMLMeterElement) =>
      new Promise<number>((resolve) => {
        let highest = 0;
        const timer = setInterval(() => (highest = Math.max(highest, meter.value)), 20);
        setTimeout(() => {
          clearInterval(timer);
          resolve(highest);
        }, 2000);
      }),
  );
}

/** Returns the offsets between the first and the last that are missing. */
function missing(offsets: readonly number[]): number[] {
  const received = new Set(offsets);
  const first = Math.min(...received);
  const all = Array.from({ length: Math.max(...received) - first }, (_, index) => first + index);
  return all.filter((offset) => !received.has(offset));
}

describe.skipIf(!localStack || !hasBrowser)("the pages in Chromium", { timeout: 150_000 }, () => {
  beforeAll(() => void mkdirSync(IMAGES, { recursive: true }));

  test("a speaker signs in, creates a session and broadcasts; a listener plays the audio", async ({
    browser,
    site,
  }) => {
    const { speaker, sessionId } = await broadcast(browser, site, PICTURE);
    expect(sessionId).toMatch(SESSION_ID);
    const link = speaker.page.locator("#join-link");
    await becomes(async () => link.getAttribute("href"), `${site.url}listener.html#${sessionId}`);
    await expect.poll(async () => speaker.page.getByRole("img", { name: /QR code/ }).count(), WAIT).toBe(1);
    await shows(speaker, "connection", "Connected");
    await speaker.page.getByText("Nobody listens yet.").waitFor();

    const listener = await listen(browser, site, sessionId, PICTURE);
    await shows(listener, "playback", "Playing");
    await expect.poll(async () => (await playback(listener)).seconds, WAIT).toBeGreaterThan(3);
    await expect.poll(async () => (await playback(listener)).bytes, WAIT).toBeGreaterThan(1000);
    await shows(speaker, "listeners", "1");
    await hides(speaker, "no-listeners");

    await holdBeep(speaker);
    await picture(speaker, "speaker.png");
    await picture(listener, "listener.png");
    expect([...speaker.problems, ...listener.problems]).toEqual([]);
    await Promise.all([speaker.context.close(), listener.context.close()]);
  });

  test("the audio controls work, and the session's end is shown to everyone", async ({ browser, site }) => {
    const { speaker, sessionId } = await broadcast(browser, site);
    const listener = await listen(browser, site, sessionId);
    await expect.poll(async () => level(speaker), WAIT).toBeGreaterThan(0.1);

    await press(speaker, "Mute");
    await shows(speaker, "status", "Broadcasting, muted");
    await expect.poll(async () => level(speaker), WAIT).toBe(0);
    await press(speaker, "Muted");
    await shows(speaker, "status", "Broadcasting");

    const devices = speaker.page.getByLabel("Microphone", { exact: true });
    await expect.poll(async () => devices.locator("option").count(), WAIT).toBeGreaterThan(1);
    const [chosen = ""] = await devices.selectOption({ index: 1 });
    await hasValue(speaker, "Microphone", chosen);
    await expect.poll(async () => level(speaker), WAIT).toBeGreaterThan(0.1);
    await shows(speaker, "status", "Broadcasting");

    await press(speaker, "Pause");
    await shows(listener, "status", "Paused by the speaker");
    await expect.poll(async () => highestLevel(speaker), WAIT).toBe(0);
    await press(speaker, "Resume");
    await expect.poll(async () => highestLevel(speaker), WAIT).toBeGreaterThan(0.1);
    await shows(listener, "status", "Live");
    const before = (await playback(listener)).until;
    await expect.poll(async () => (await playback(listener)).until, WAIT).toBeGreaterThan(before + 1);

    await listener.page.getByLabel("Volume").fill("0.5");
    const audio = listener.page.locator("#audio");
    const volume = async (): Promise<number> => audio.evaluate((element: HTMLAudioElement) => element.volume);
    await expect.poll(volume, WAIT).toBe(0.5);

    await endSession(speaker);
    await shows(speaker, "ended-reason", "You ended it.");
    await shows(listener, "ended-reason", "The speaker ended it.");
    expect([...speaker.problems, ...listener.problems]).toEqual([]);
    await Promise.all([speaker.context.close(), listener.context.close()]);
  });

  test("a listener misses nothing when the speaker's network is lost and restored", async ({
    browser,
    site,
  }) => {
    const { speaker, sessionId } = await broadcast(browser, site);
    const listener = await listen(browser, site, sessionId);
    await shows(listener, "playback", "Playing");

    await speaker.context.setOffline(true);
    await gateway.cutAll();
    await shows(speaker, "status", "Reconnecting");
    await expect.poll(async () => speaker.page.locator("#elapsed").innerText(), WAIT).toMatch(/\d:\d\d/);
    await speaker.page.waitForFunction(
      (since) => Date.now() - since > 4000,
      await speaker.page.evaluate(() => Date.now()),
    );
    await speaker.context.setOffline(false);
    await shows(speaker, "status", "Broadcasting");
    await shows(listener, "status", "Live");

    const expectedOffset = Math.max(...listener.offsets) + 10;
    await expect.poll(() => Math.max(...listener.offsets), WAIT).toBeGreaterThan(expectedOffset);
    // A push can overtake another one.
    await expect.poll(() => missing(listener.offsets), WAIT).toEqual([]);
    const seconds = (new Set(listener.offsets).size * CHUNK_MILLISECONDS) / 1000;
    await expect.poll(async () => (await playback(listener)).until, WAIT).toBeGreaterThan(seconds * 0.9);
    await hides(listener, "alert");
    await Promise.all([speaker.context.close(), listener.context.close()]);
  });

  test.for(["light", "dark"] as const)(
    "axe finds nothing on any page in %s colours",
    async (colorScheme, { browser, site }) => {
      const home = await visit(browser, site.url, { colorScheme });
      await expectAccessible(home);
      const stranger = await visit(browser, `${site.url}speaker.html`, { colorScheme });
      await stranger.page.getByRole("button", { name: "Sign in" }).waitFor();
      await expectAccessible(stranger);

      const speaker = await signedInSpeaker(browser, site, { colorScheme });
      await expectAccessible(speaker);
      await press(speaker, "Create Session");
      await shows(speaker, "status", "Broadcasting");
      await expectAccessible(speaker);

      const sessionId = await text(speaker, "session-id");
      const newcomer = await visit(browser, `${site.url}listener.html#${sessionId}`, { colorScheme });
      await newcomer.page.getByRole("button", { name: "Join" }).waitFor();
      await expectAccessible(newcomer);
      await press(newcomer, "Join");
      await shows(newcomer, "status", "Live");
      await expectAccessible(newcomer);
      await endSession(speaker);
      await shows(newcomer, "ended-reason", "The speaker ended it.");
      await newcomer.page.getByRole("button", { name: "Join another one" }).waitFor();
      await expectAccessible(newcomer);
      await expectAccessible(speaker);
      for (const { context } of [home, stranger, speaker, newcomer]) await context.close();
    },
  );
});
