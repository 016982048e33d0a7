import { describe, expect } from "vitest";
import { localStack } from "../../client/stackTests/localStack.ts";
import { FaultProxy } from "../../client/testSupport/faultProxy.ts";
import { WEBM_OPUS } from "../src/audio/webmRecording.ts";
import { hasBrowser } from "./browser.ts";
import {
  broadcast,
  expectAccessible,
  listen,
  playback,
  press,
  recordTexts,
  shows,
  WAIT,
  type ListeningVisitor,
} from "./pageActions.ts";
import { pageTest } from "./pageTest.ts";

/** Serves pages that reach the stack's WebSocket API through a network with faults. */
const test = pageTest
  .extend("network", { scope: "file" }, async ({ stack }, { onCleanup }): Promise<FaultProxy> => {
    const network = await FaultProxy.start(stack.config.webSocketUrl);
    onCleanup(async () => network.stop());
    return network;
  })
  .extend("config", { scope: "file" }, ({ stack, network }): object => {
    const url = new URL(stack.config.webSocketUrl);
    url.host = network.address;
    return { ...stack.config, webSocketUrl: url.href };
  });

/** Seconds between the sound that plays and the newest that has arrived. */
async function behind(listener: ListeningVisitor): Promise<number> {
  const { seconds, until } = await playback(listener);
  return until - seconds;
}

/** Waits for this many further messages, and returns the seconds of sound that they add to the buffer. */
async function secondsOfNext(count: number, listener: ListeningVisitor): Promise<number> {
  const seen = listener.offsets.length;
  const { until } = await playback(listener);
  await expect.poll(() => listener.offsets.length, WAIT).toBeGreaterThan(seen + count);
  return (await playback(listener)).until - until;
}

describe.skipIf(!localStack || !hasBrowser)("the listener's playback", { timeout: 150_000 }, () => {
  test("and the broadcast say within seconds that the network delivers nothing, and recover", async ({
    browser,
    site,
    network,
  }) => {
    const { speaker, sessionId } = await broadcast(browser, site);
    const listener = await listen(browser, site, sessionId);
    const sound = await recordTexts(listener, "playback");
    const statuses = await recordTexts(speaker, "status");
    network.begin("stall");
    await expect.poll(sound, WAIT).toContain("Waiting for sound…");
    await expect.poll(statuses, WAIT).toContain("Your audio does not arrive");
    await Promise.all([shows(speaker, "status", "Reconnecting"), shows(listener, "status", "Reconnecting")]);
    network.heal();
    await Promise.all([shows(speaker, "status", "Broadcasting"), shows(listener, "status", "Live")]);
    await Promise.all([speaker.context.close(), listener.context.close()]);
  });

  test("survives audio that no browser can decode, and says so", async ({ browser, site }) => {
    const { speaker, sessionId } = await broadcast(browser, site);
    // The page receives junk in place of one chunk.
    const context = await browser.newContext();
    const page = await context.newPage();
    const junk = Buffer.from("junk ".repeat(100)).toString("base64");
    let chunks = 0;
    await page.routeWebSocket(/.*/, (route) => {
      const server = route.connectToServer();
      server.onMessage((text) => {
        const message = JSON.parse(text.toString()) as { contentType?: string; data?: string };
        const isDamaged = message.contentType === WEBM_OPUS && ++chunks === 6;
        route.send(isDamaged ? JSON.stringify({ ...message, data: junk }) : text);
      });
    });
    await page.goto(`${site.url}listener.html#${sessionId}`);
    const listener = { context, page, problems: [], offsets: [] };
    const sound = await recordTexts(listener, "playback");
    await press(listener, "Join");
    await expect.poll(sound, WAIT).toContain("A part of the audio could not be played.");
    await shows(listener, "playback", "Playing");
    await expect.poll(async () => (await playback(listener)).seconds, WAIT).toBeGreaterThan(2);
    await Promise.all([speaker.context.close(), context.close()]);
  });

  test("that something else pauses says so, and continues at the live position", async ({
    browser,
    site,
  }) => {
    const { speaker, sessionId } = await broadcast(browser, site);
    const listener = await listen(browser, site, sessionId);
    await shows(listener, "status", "Live");
    // As headphones or a media key do.
    await listener.page.locator("#audio").evaluate(async (audio: HTMLAudioElement) => {
      while (audio.paused) await new Promise((resolve) => setTimeout(resolve, 20)); // the buffer is empty
      audio.pause();
    });
    await shows(listener, "playback", "Paused on this device.");
    await shows(listener, "status", "No sound");
    await expectAccessible(listener);
    await expect.poll(async () => behind(listener), WAIT).toBeGreaterThan(4);
    await press(listener, "Play sound");
    await shows(listener, "status", "Live");
    await expect.poll(async () => behind(listener), WAIT).toBeLessThan(3);
    await Promise.all([speaker.context.close(), listener.context.close()]);
  });

  test("that lags says by how much, skips silence, and goes live on a click", async ({ browser, site }) => {
    const { speaker, sessionId } = await broadcast(browser, site);
    const listener = await listen(browser, site, sessionId);
    const statuses = await recordTexts(listener, "status");
    await listener.page.locator("#audio").evaluate((audio: HTMLAudioElement) => {
      // As a device that plays too slowly.
      audio.playbackRate = 0.25;
      Object.defineProperty(audio, "playbackRate", { set: () => undefined });
    });
    await expect.poll(statuses, WAIT).toContainEqual(expect.stringMatching(/^[3-9] s behind$/));
    await press(speaker, "Mute");
    await shows(listener, "status", "The speaker is muted");
    // The first of them can still be sound from before.
    await expect.poll(async () => secondsOfNext(6, listener), WAIT).toBeLessThan(1);
    await press(speaker, "Muted");
    await press(listener, "Go live");
    await shows(listener, "status", "Live");
    await Promise.all([speaker.context.close(), listener.context.close()]);
  });
});
