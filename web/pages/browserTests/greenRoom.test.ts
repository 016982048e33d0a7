import { describe, expect } from "vitest";
import { localStack, theStack } from "../../client/stackTests/localStack.ts";
import { hasBrowser, launch, type Visitor } from "./browser.ts";
import {
  expectAccessible,
  hasTitle,
  hasValue,
  hides,
  press,
  shows,
  signedInSpeaker,
  signIn,
  WAIT,
} from "./pageActions.ts";
import { pageTest as test } from "./pageTest.ts";

const testLevel = async ({ page }: Visitor): Promise<number> =>
  page.locator("#test-level").evaluate((meter: HTMLMeterElement) => meter.value);

/** Counts the requests of the page for a microphone, which the person has not allowed before. */
const COUNT_REQUESTS = `
  navigator.permissions.query = async () => ({ state: "prompt" });
  window.requests = 0;
  const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (constraints) => (window.requests++, original(constraints));
`;

describe.skipIf(!localStack || !hasBrowser)("the green room", { timeout: 150_000 }, () => {
  test("shows the level of an allowed microphone, which is chosen before the session is created", async ({
    browser,
    site,
  }) => {
    const speaker = await signedInSpeaker(browser, site);
    const devices = speaker.page.getByLabel("Microphone to use");
    await expect.poll(async () => devices.locator("option").count(), WAIT).toBeGreaterThan(1);
    await expect.poll(async () => testLevel(speaker), { ...WAIT, interval: 20 }).toBeGreaterThan(0.1);
    const [chosen = ""] = await devices.selectOption({ index: 1 });
    await hasValue(speaker, "Microphone to use", chosen);
    await expect.poll(async () => testLevel(speaker), { ...WAIT, interval: 20 }).toBeGreaterThan(0.1);
    await expectAccessible(speaker);
    await press(speaker, "Create Session");
    await shows(speaker, "status", "Broadcasting");
    await hasValue(speaker, "Microphone", chosen);
    expect(speaker.problems).toEqual([]);
    await speaker.context.close();
  });

  test("asks for the microphone on a click, once for the green room and the session", async ({
    browser,
    site,
  }) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.addInitScript(COUNT_REQUESTS);
    await page.goto(`${site.url}speaker.html`);
    const speaker: Visitor = { context, page, problems: [] };
    await signIn(speaker, theStack().user);
    await page.getByRole("button", { name: "Create Session" }).waitFor();
    const requests = async (): Promise<unknown> => page.evaluate("window.requests");
    await expect.poll(requests, WAIT).toBe(0);
    await press(speaker, "Allow and test the microphone");
    await expect.poll(async () => testLevel(speaker), { ...WAIT, interval: 20 }).toBeGreaterThan(0.1);
    await press(speaker, "Create Session");
    await shows(speaker, "status", "Broadcasting");
    await expect.poll(requests, WAIT).toBe(1);
    await context.close();
  });

  test("explains a refused microphone, and no session is created", async ({ site }) => {
    const strict = await launch("--deny-permission-prompts");
    const speaker = await signedInSpeaker(strict, site, { permissions: [] });
    await press(speaker, "Create Session");
    await shows(speaker, "alert", /not allowed to use the microphone. Allow it/);
    await speaker.page.getByRole("button", { name: "Allow and test the microphone" }).waitFor();
    await expectAccessible(speaker);
    await hasTitle(speaker, "New session");
    await shows(speaker, "session-id", "");
    await strict.close();
  });

  test("says that the browser cannot record, and no session can be created", async ({ browser, site }) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.addInitScript("delete window.AudioEncoder; delete window.MediaRecorder;");
    await page.goto(`${site.url}speaker.html`);
    const speaker: Visitor = { context, page, problems: [] };
    await signIn(speaker, theStack().user);
    await shows(speaker, "alert", /This browser cannot record audio/);
    const create = page.getByRole("button", { name: "Create Session" });
    await expect.poll(async () => create.isDisabled(), WAIT).toBe(true);
    await hides(speaker, "green-room");
    await context.close();
  });
});
