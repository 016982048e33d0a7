import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page, WebSocketRoute } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { theStack } from "../../client/stackTests/localStack.ts";
import { launch } from "../browserTests/browser.ts";
import { press, shows, signIn } from "../browserTests/pageActions.ts";
import { Site } from "../browserTests/site.ts";
import { BEEP_INTERVAL_SECONDS, beepFile, delays, watchBeeps } from "./beeps.ts";

const BEEPS = 31;
const BEEPS_AFTER_HICCUP = 12;
const HICCUP_SECONDS = 3;

let site: Site;
let browser: Browser;

beforeAll(async () => {
  const file = join(mkdtempSync(join(tmpdir(), "websocket-sessions-latency-")), "beeps.wav");
  writeFileSync(file, beepFile());
  [site, browser] = await Promise.all([
    Site.start(theStack().config),
    launch("--use-fake-ui-for-media-stream", `--use-file-for-fake-audio-capture=${file}`),
  ]);
});
afterAll(async () => {
  await browser.close();
  site.stop();
});

/** Opens a page that watches for beeps. The site's content security policy forbids the detector, not the pages. */
async function open(path: string): Promise<Page> {
  const context = await browser.newContext({ permissions: ["microphone"], bypassCSP: true });
  await context.addInitScript(watchBeeps);
  const page = await context.newPage();
  await page.routeWebSocket(/.*/, (route) => relay(route));
  await page.goto(site.url + path);
  return page;
}

/** When each publish was sent, by its requestId, and then by its offset; and when each message arrived. */
const sentAtMs = new Map<string | number, number>();
const arrivedAtMs = new Map<number, number>();

/** Holds what the server sends while a hiccup lasts, as a stalled network does. */
let heldUntil = 0;
function relay(route: WebSocketRoute): void {
  const server = route.connectToServer();
  route.onMessage((message) => {
    const { requestId } = JSON.parse(message.toString()) as { requestId?: string };
    sentAtMs.set(requestId ?? "", Date.now());
    server.send(message);
  });
  server.onMessage((message) => {
    const { type, requestId, offset } = JSON.parse(message.toString()) as Partial<Received>;
    if (type === "published") sentAtMs.set(offset ?? 0, sentAtMs.get(requestId ?? "") ?? NaN);
    if (type === "message") arrivedAtMs.set(offset ?? 0, Date.now());
    const wait = heldUntil - Date.now();
    if (wait > 0) setTimeout(() => route.send(message), wait);
    else route.send(message);
  });
}

interface Received {
  readonly type: string;
  readonly requestId: string;
  readonly offset: number;
}

/** Returns how long each message took from the speaker's page to the listener's. */
function transfers(): number[] {
  return [...arrivedAtMs].flatMap(([offset, atMs]) => {
    const sentMs = sentAtMs.get(offset);
    return sentMs === undefined ? [] : [atMs - sentMs];
  });
}

const beepsOf = async (page: Page): Promise<number[]> =>
  page.evaluate(() => (globalThis as unknown as { beeps: number[] }).beeps);

/** Returns how often playback ran out of audio. */
const interruptionsOf = async (page: Page): Promise<number> =>
  page.evaluate(() => (globalThis as unknown as { interruptions: number }).interruptions);

async function measured(speaker: Page, listener: Page, count: number): Promise<number[]> {
  const since = Date.now();
  await new Promise((resolve) => setTimeout(resolve, count * BEEP_INTERVAL_SECONDS * 1000));
  const spoken = (await beepsOf(speaker)).filter((time) => time >= since);
  return delays(spoken.slice(0, -1), await beepsOf(listener));
}

function report(name: string, values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? NaN;
  const shown = [0, 0.1, 0.5, 0.9, 1].map((part) => `${(at(part) / 1000).toFixed(2)} s`);
  console.log(`${name}: ${values.length} times; least, 10 %, median, 90 %, most: ${shown.join(", ")}`);
  return at(0.5);
}

test("mouth to ear", async () => {
  const speakerPage = await open("speaker.html");
  const speaker = { page: speakerPage, context: speakerPage.context(), problems: [] };
  await signIn(speaker, theStack().user);
  await press(speaker, "Create Session");
  await shows(speaker, "status", "Broadcasting");
  const sessionId = await speaker.page.locator("#session-id").innerText();
  const page = await open(`listener.html#${sessionId}`);
  const listener = { page, context: page.context(), problems: [] };
  await press(listener, "Join");
  await shows(listener, "status", "Live");
  const before = await measured(speaker.page, page, BEEPS);
  report("mouth to ear", before);
  report("of it, from the speaker's page to the listener's", transfers());
  console.log("interruptions:", await interruptionsOf(page));
  heldUntil = Date.now() + HICCUP_SECONDS * 1000;
  await new Promise((resolve) => setTimeout(resolve, HICCUP_SECONDS * 1000));
  const after = await measured(speaker.page, page, BEEPS_AFTER_HICCUP);
  console.log("after the hiccup:", after.map((ms) => (ms / 1000).toFixed(2)).join(" "));
  report("after the hiccup", after);
  expect(before.length).toBeGreaterThan(0);
});
