import { describe, expect } from "vitest";
import { localStack, theStack } from "../../client/stackTests/localStack.ts";
import { accessibilityProblems } from "./accessibility.ts";
import { hasBrowser, launch, type Visitor } from "./browser.ts";
import { press, shows, signedInSpeaker, signIn, text, WAIT } from "./pageActions.ts";
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
    await devices.selectOption({ index: 1 });
    const chosen = await devices.inputValue();
    await expect.poll(async () => testLevel(speaker), { ...WAIT, interval: 20 }).toBeGreaterThan(0.1);
    expect(await accessibilityProblems(speaker.page)).toEqual([]);
    await press(speaker, "Create Session");
    await shows(speaker, "status", "Broadcasting");
    expect(await speaker.page.getByLabel("Microphone", { exact: true }).inputValue()).toBe(chosen);
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
    expect(await requests()).toBe(0);
    await press(speaker, "Allow and test the microphone");
    await expect.poll(async () => testLevel(speaker), { ...WAIT, interval: 20 }).toBeGreaterThan(0.1);
    await press(speaker, "Create Session");
    await shows(speaker, "status", "Broadcasting");
    expect(await requests()).toBe(1);
    await context.close();
  });

  test("explains a refused microphone, and no session is created", async ({ site }) => {
    const strict = await launch("--deny-permission-prompts");
    const speaker = await signedInSpeaker(strict, site, { permissions: [] });
    await press(speaker, "Create Session");
    await shows(speaker, "alert", /not allowed to use the microphone. Allow it/);
    await speaker.page.getByRole("button", { name: "Allow and test the microphone" }).waitFor();
    expect(await accessibilityProblems(speaker.page)).toEqual([]);
    expect(await speaker.page.title()).toBe("New session · Live sessions");
    expect(await text(speaker, "session-id")).toBe("");
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
    expect(await page.getByRole("button", { name: "Create Session" }).isDisabled()).toBe(true);
    expect(await page.locator("#green-room").isVisible()).toBe(false);
    await context.close();
  });
});
