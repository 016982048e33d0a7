import { afterAll, beforeAll, describe, expect } from "vitest";
import { localStack, theStack } from "../../client/stackTests/localStack.ts";
import { listen as listenWithClient } from "../../client/stackTests/participants.ts";
import { MP4_AAC } from "../src/audio/mp4Recording.ts";
import { WEBM_OPUS } from "../src/audio/webmRecording.ts";
import { WAIT } from "./pageActions.ts";
import { pageTest as test } from "./pageTest.ts";
import { chromiumMissing, startChromium } from "./remote/chromium.ts";
import { firefoxMissing, startFirefox } from "./remote/firefox.ts";
import type { RemoteBrowser, RemotePage } from "./remote/remotePage.ts";
import { startWebKitGtk, webKitGtkMissing } from "./remote/webKitGtk.ts";
import type { Site } from "./site.ts";

interface Speaker {
  readonly name: string;
  readonly missing: string | undefined;
  readonly start: () => Promise<RemoteBrowser>;
  readonly contentType: string;
}

const LISTENERS = [
  { name: "Chromium", missing: chromiumMissing, start: startChromium },
  { name: "Firefox", missing: firefoxMissing, start: startFirefox },
  { name: "WebKitGTK", missing: webKitGtkMissing, start: startWebKitGtk },
];

const SPEAKERS: Speaker[] = [
  { ...speaker("Chromium", chromiumMissing, startChromium) },
  {
    // As Chromium before its version 94.
    ...speaker("Chromium without WebCodecs", chromiumMissing, async () =>
      startChromium("delete window.AudioEncoder;"),
    ),
  },
  { ...speaker("Firefox", firefoxMissing, startFirefox) },
  { ...speaker("WebKitGTK", webKitGtkMissing, startWebKitGtk) },
  {
    // As Safari before its version 18.4.
    ...speaker("WebKitGTK without WebCodecs", webKitGtkMissing, async () =>
      startWebKitGtk("--features=-WebCodecsAudio"),
    ),
    contentType: MP4_AAC,
  },
];

function speaker(name: string, missing: string | undefined, start: Speaker["start"]): Speaker {
  return { name, missing, start, contentType: WEBM_OPUS };
}

for (const { name, missing } of LISTENERS)
  if (missing !== undefined) console.warn(`SKIPPED tests in ${name}: ${missing}`);

async function shows(page: RemotePage, id: string, expected: RegExp): Promise<void> {
  await expect
    .poll(async () => page.evaluate(`return document.getElementById("${id}").innerText`), WAIT)
    .toMatch(expected);
}

/** Waits until a button is shown and enabled. */
async function ready(page: RemotePage, id: string): Promise<void> {
  const isReady = `const button = document.getElementById("${id}");
    return button !== null && !button.disabled && button.closest("[hidden]") === null`;
  await expect.poll(async () => page.evaluate(isReady), WAIT).toBe(true);
}

async function click(page: RemotePage, id: string): Promise<void> {
  await ready(page, id);
  await page.evaluate(`document.getElementById("${id}").click()`);
}

/** Signs in, creates a session, and returns its id. */
async function broadcast(page: RemotePage, site: Site): Promise<string> {
  const { username, password } = theStack().user;
  await page.goto(`${site.url}speaker.html`);
  await ready(page, "sign-in-button");
  await page.evaluate(`
    document.getElementById("username").value = ${JSON.stringify(username)};
    document.getElementById("password").value = ${JSON.stringify(password)};`);
  await click(page, "sign-in-button");
  await click(page, "create");
  await shows(page, "status", /^Broadcasting$/);
  return page.evaluate(`return document.getElementById("session-id").innerText`);
}

/** The lowest level of a sample that counts as sound. */
const AUDIBLE = 0.02;

interface Heard {
  /** Seconds of audio that were played. */
  readonly seconds: number;
  /** The highest level of the played samples, from 0 to 1. */
  readonly peak: number;
}

/** Joins, and returns what the element plays within three seconds of sound, or more if it beeps later. */
async function hear(page: RemotePage, site: Site, sessionId: string): Promise<Heard> {
  await page.goto(`${site.url}listener.html#${sessionId}`);
  await click(page, "join-button");
  await shows(page, "status", /^Live$/);
  return page.evaluate<Heard>(`
    const audio = document.getElementById("audio");
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaElementSource(audio).connect(analyser).connect(context.destination);
    await context.resume();
    const samples = new Float32Array(analyser.fftSize);
    const from = audio.currentTime;
    const deadline = performance.now() + 30_000;
    let peak = 0;
    while ((audio.currentTime - from < 3 || peak <= ${AUDIBLE}) && performance.now() < deadline) {
      analyser.getFloatTimeDomainData(samples);
      peak = samples.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), peak);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return { seconds: audio.currentTime - from, peak };`);
}

describe.skipIf(!localStack)("sound passes between browsers", { timeout: 240_000 }, () => {
  const listeners = new Map<string, RemoteBrowser>();

  beforeAll(async () => {
    for (const { name, missing, start } of LISTENERS)
      if (missing === undefined) listeners.set(name, await start());
  }, 180_000);
  afterAll(async () => {
    await Promise.all([...listeners.values()].map(async (browser) => browser.close()));
  }, 60_000);

  for (const { name, missing, start, contentType } of SPEAKERS)
    test.skipIf(missing !== undefined)(
      `${name} speaks, and every browser plays the sound`,
      async ({ site }) => {
        const speaking = await start();
        const speaker = await speaking.open();
        const sessionId = await broadcast(speaker, site);
        const { listener } = await listenWithClient(sessionId);
        const contentTypes = new Set<string>();
        listener.messages.on((message) => contentTypes.add(message.contentType));

        const heard = await Promise.all(
          [...listeners].map(async ([listenerName, browser]) => {
            const page = await browser.open();
            const result = await hear(page, site, sessionId);
            await page.close();
            return [listenerName, result] as const;
          }),
        );
        console.info(`${name} (${contentType}):`, JSON.stringify(Object.fromEntries(heard)));
        for (const [listenerName, { seconds, peak }] of heard) {
          expect(seconds, `${listenerName} plays`).toBeGreaterThanOrEqual(3);
          expect(peak, `${listenerName} plays sound, not silence`).toBeGreaterThan(AUDIBLE);
        }
        expect([...contentTypes]).toEqual([contentType]);
        await speaking.close();
      },
    );
});
