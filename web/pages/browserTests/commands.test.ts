import { describe, expect } from "vitest";
import { gateway } from "../../client/stackTests/gateway.ts";
import { localStack } from "../../client/stackTests/localStack.ts";
import { hasBrowser, type Visitor } from "./browser.ts";
import {
  broadcast,
  endSession,
  expectAccessible,
  hasFocus,
  hasTitle,
  listen,
  press,
  shows,
  WAIT,
} from "./pageActions.ts";
import { pageTest as test } from "./pageTest.ts";

async function goOffline(speaker: Visitor): Promise<void> {
  await speaker.context.setOffline(true);
  await gateway.cutAll();
  await shows(speaker, "status", "Reconnecting");
}

describe.skipIf(!localStack || !hasBrowser)("on the speaker page", { timeout: 150_000 }, () => {
  test("End and Sign out ask first, and the keyboard answers", async ({ browser, site }) => {
    const { speaker } = await broadcast(browser, site);
    const { page } = speaker;
    await page.getByRole("button", { name: "End session" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "End the session?" }).waitFor();
    await expectAccessible(speaker);
    const focused = async (): Promise<unknown> => page.evaluate(() => document.activeElement?.textContent);
    await expect.poll(focused, WAIT).toBe("Cancel");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await shows(speaker, "status", "Broadcasting");
    await hasFocus(speaker, "end");

    await press(speaker, "Sign out");
    await press(speaker, "Cancel");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await shows(speaker, "status", "Broadcasting");
    await press(speaker, "Sign out");
    await press(speaker, "End and sign out");
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    await hasTitle(speaker, "Sign in to speak");
    await speaker.context.close();
  });

  test("the title and the focus move with each step", async ({ browser, site }) => {
    const { speaker } = await broadcast(browser, site);
    await hasTitle(speaker, "On air");
    await hasFocus(speaker, "broadcast");
    await endSession(speaker);
    await shows(speaker, "ended-reason", "You ended it.");
    await hasTitle(speaker, "Session ended");
    await hasFocus(speaker, "ended");
    await press(speaker, "New session");
    await hasFocus(speaker, "setup");
    await speaker.context.close();
  });

  test("an End that was asked for offline follows the reconnection", async ({ browser, site }) => {
    const { speaker, sessionId } = await broadcast(browser, site);
    const listener = await listen(browser, site, sessionId);
    await goOffline(speaker);
    await endSession(speaker);
    await shows(speaker, "status", "Ending after the reconnection");
    await expect.poll(async () => speaker.page.locator("#end").isDisabled(), WAIT).toBe(true);
    await speaker.context.setOffline(false);
    await shows(speaker, "ended-reason", "You ended it.");
    await shows(listener, "ended-reason", "The speaker ended it.");
    await Promise.all([speaker.context.close(), listener.context.close()]);
  });

  test("listeners read that the speaker is muted, or away and for how long the session waits", async ({
    browser,
    site,
  }) => {
    const { speaker, sessionId } = await broadcast(browser, site);
    const listener = await listen(browser, site, sessionId);
    await press(speaker, "Mute");
    await shows(listener, "status", "The speaker is muted");
    await press(speaker, "Muted");
    await shows(listener, "status", "Live");
    await goOffline(speaker);
    await shows(listener, "status", "The speaker is away");
    await shows(listener, "absence", /^The session ends in [0-4]:\d\d if they do not return\.$/);
    await speaker.context.setOffline(false);
    await shows(listener, "status", "Live");
    await shows(listener, "absence", "");
    await Promise.all([speaker.context.close(), listener.context.close()]);
  });

  test("a click connects now, while the page waits to reconnect", async ({ browser, site }) => {
    const { speaker } = await broadcast(browser, site);
    const button = speaker.page.getByRole("button", { name: "Try again now" });
    await button.waitFor({ state: "hidden" });
    await speaker.page.clock.install();
    await speaker.page.clock.pauseAt(Date.now() + 60_000); // the wait does not pass by itself
    await gateway.cutAll();
    await button.click();
    await shows(speaker, "connection", "Connected");
    await shows(speaker, "status", "Broadcasting");
    await button.waitFor({ state: "hidden" });
    await speaker.context.close();
  });
});
