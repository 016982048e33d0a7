import { describe, expect } from "vitest";
import { localStack, theStack } from "../../client/stackTests/localStack.ts";
import {
  broadcast,
  endSession,
  expectAccessible,
  hasValue,
  hides,
  listen,
  press,
  shows,
  signedInSpeaker,
  signIn,
  text,
  WAIT,
  watchOffsets,
} from "./pageActions.ts";
import { hasBrowser } from "./browser.ts";
import { pageTest as test } from "./pageTest.ts";
import {
  openAnotherTab,
  continueSession,
  expectSessionOffered,
  expireSignIn,
  reload,
  expectSetup,
  collectErrorCodes,
} from "./reloadActions.ts";

/** Returns the sorted offsets that do not follow the one before them: after a missing message, or repeated. */
function breaksOf(offsets: readonly number[]): number[] {
  const sorted = offsets.toSorted((a, b) => a - b);
  return sorted.filter((offset, index) => index > 0 && offset !== (sorted[index - 1] ?? 0) + 1);
}

describe.skipIf(!localStack || !hasBrowser)("after a reload", { timeout: 150_000 }, () => {
  test("a speaker continues the session, and the listener receives each message once", async ({
    browser,
    site,
  }) => {
    const { speaker, sessionId } = await broadcast(browser, site);
    const listener = await listen(browser, site, sessionId);
    await expect.poll(() => listener.offsets.length, WAIT).toBeGreaterThan(4);
    const warnings: string[] = [];
    speaker.page.on("dialog", (dialog) => {
      warnings.push(dialog.type());
      void dialog.accept();
    });

    await reload(speaker);
    expect(warnings).toEqual(["beforeunload"]);
    await expectSessionOffered(speaker, sessionId);
    await expectAccessible(speaker);
    const before = Math.max(...listener.offsets);
    await continueSession(speaker, sessionId);
    await shows(speaker, "listeners", "1");
    await expect.poll(() => Math.max(...listener.offsets), WAIT).toBeGreaterThan(before + 6);
    // A push can overtake another one, and none is repeated.
    await expect.poll(() => breaksOf(listener.offsets), WAIT).toEqual([]);
    await shows(listener, "status", "Live");

    await endSession(speaker);
    await shows(speaker, "ended-reason", "You ended it.");
    await reload(speaker);
    await expectSetup(speaker);
    expect(warnings).toEqual(["beforeunload"]);
    await hides(speaker, "alert");
    expect([...speaker.problems, ...listener.problems]).toEqual([]);
    await Promise.all([speaker.context.close(), listener.context.close()]);
  });

  test("a muted and paused speaker stays muted and paused", async ({ browser, site }) => {
    const { speaker, sessionId } = await broadcast(browser, site);
    await press(speaker, "Mute");
    await shows(speaker, "status", "Broadcasting, muted");
    await press(speaker, "Pause");
    await shows(speaker, "status", "Paused");
    await reload(speaker);
    const errorCodes = collectErrorCodes(speaker.page);
    await press(speaker, `Continue session ${sessionId}`);
    await shows(speaker, "status", "Paused");
    await speaker.page.locator("#device option").first().waitFor({ state: "attached" });
    await press(speaker, "Resume");
    await shows(speaker, "status", "Broadcasting, muted");
    expect(errorCodes).toEqual([]);
    await speaker.context.close();
  });

  test("a speaker can end or leave the session and start a new one", async ({ browser, site }) => {
    const { speaker, sessionId } = await broadcast(browser, site);
    const listener = await listen(browser, site, sessionId);
    await reload(speaker);
    await press(speaker, "End it and start a new one");
    await expectSetup(speaker);
    await shows(listener, "ended-reason", "The speaker ended it.");

    await press(speaker, "Create Session");
    await shows(speaker, "status", "Broadcasting");
    const second = await text(speaker, "session-id");
    expect(second).not.toBe(sessionId);
    await reload(speaker);
    await expectSessionOffered(speaker, second);
    await press(speaker, "Leave it and start a new one");
    await expectSetup(speaker);
    await reload(speaker);
    await expectSetup(speaker);
    await Promise.all([speaker.context.close(), listener.context.close()]);
  });

  test("a session that another tab resumes stops in this tab and can be taken back while it runs", async ({
    browser,
    site,
  }) => {
    const { speaker: first, sessionId } = await broadcast(browser, site);
    const second = await openAnotherTab(first, site);
    await continueSession(second, sessionId);
    await shows(first, "alert", /another window/);
    await expectSessionOffered(first, sessionId);

    await continueSession(first, sessionId);
    await shows(second, "alert", /another window/);
    await endSession(first);
    await shows(first, "ended-reason", "You ended it.");

    await press(second, `Continue session ${sessionId}`);
    await shows(second, "alert", new RegExp(`Session ${sessionId} has ended`));
    await expectSetup(second);
    await reload(second);
    await expectSetup(second);
    await hides(second, "alert");
    await first.context.close();
  });

  test("two tabs with a session each find their own session", async ({ browser, site }) => {
    const { speaker: first, sessionId } = await broadcast(browser, site);
    const second = await openAnotherTab(first, site);
    await press(second, "Leave it and start a new one");
    await press(second, "Create Session");
    await shows(second, "status", "Broadcasting");
    await shows(first, "status", "Broadcasting");
    await reload(first);
    await expectSessionOffered(first, sessionId);
    await shows(second, "status", "Broadcasting");
    await first.context.close();
  });

  test("a session that ended or belongs to another account is announced and removed", async ({
    browser,
    site,
  }) => {
    const { speaker, sessionId } = await broadcast(browser, site);
    await speaker.page.goto(site.url);
    const elsewhere = await openAnotherTab(speaker, site);
    await press(elsewhere, "End it and start a new one");
    await expectSetup(elsewhere);
    await speaker.page.goto(`${site.url}speaker.html`);
    await shows(speaker, "alert", new RegExp(`Session ${sessionId} has ended`));
    await expectSetup(speaker);

    await press(speaker, "Create Session");
    await shows(speaker, "status", "Broadcasting");
    await speaker.page.evaluate(() => {
      for (const storage of [sessionStorage, localStorage])
        for (const key of Object.keys(storage).filter((name) => name.endsWith(".speaking")))
          storage.setItem(key, (storage.getItem(key) ?? "").replace(/"owner":"[^"]*"/, '"owner":"other"'));
    });
    await reload(speaker);
    await shows(speaker, "alert", /belongs to another account/);
    await reload(speaker);
    await expectSetup(speaker);
    await hides(speaker, "alert");
    await speaker.context.close();
  });

  test("only the sign-in library stores tokens", async ({ browser, site }) => {
    const { speaker } = await broadcast(browser, site);
    const entries = await speaker.page.evaluate(() =>
      [sessionStorage, localStorage].flatMap((storage) =>
        Object.entries(storage as unknown as Record<string, string>).filter(
          ([key]) => !key.startsWith("CognitoIdentityServiceProvider"),
        ),
      ),
    );
    expect(entries.map(([key]) => key).filter((key) => !key.startsWith("websocket-sessions."))).toEqual([]);
    for (const [, value] of entries) expect(value).not.toMatch(/eyJ|@/);
    await speaker.context.close();
  });

  test("a speaker who signs out is offered the session after the next sign-in", async ({ browser, site }) => {
    const { speaker, sessionId } = await broadcast(browser, site);
    await reload(speaker);
    await expectSessionOffered(speaker, sessionId);
    await press(speaker, "Sign out");
    await signIn(speaker, theStack().user);
    await continueSession(speaker, sessionId);
    await speaker.context.close();
  });

  test("a speaker whose sign-in has expired signs in again and continues", async ({ browser, site }) => {
    const { speaker, sessionId } = await broadcast(browser, site);
    await reload(speaker);
    await expectSessionOffered(speaker, sessionId);
    await speaker.page.evaluate(expireSignIn);
    await press(speaker, `Continue session ${sessionId}`);
    await shows(speaker, "alert", /Sign in again/);
    await signIn(speaker, theStack().user);
    await continueSession(speaker, sessionId);
    await speaker.context.close();
  });

  test("a speaker can sign out after the session has ended", async ({ browser, site }) => {
    const { speaker } = await broadcast(browser, site);
    await endSession(speaker);
    await shows(speaker, "ended-reason", "You ended it.");
    await press(speaker, "Sign out");
    await speaker.page.getByRole("button", { name: "Sign in" }).waitFor();
    await speaker.context.close();
  });

  test("a listener joins by one click at the session's present position", async ({ browser, site }) => {
    const { speaker, sessionId } = await broadcast(browser, site);
    const listener = await listen(browser, site, sessionId);
    await expect.poll(() => listener.offsets.length, WAIT).toBeGreaterThan(2);
    await reload(listener);
    await hasValue(listener, "Session id or link", sessionId);
    const lastBefore = Math.max(...listener.offsets);
    const offsetsAfter = watchOffsets(listener.page);
    await press(listener, "Join");
    await shows(listener, "status", "Live");
    await expect.poll(() => offsetsAfter.length, WAIT).toBeGreaterThan(2);
    expect(Math.min(...offsetsAfter)).toBeGreaterThan(lastBefore);
    await Promise.all([speaker.context.close(), listener.context.close()]);
  });

  test("the page offers the languages that the stack supports", async ({ browser, site }) => {
    const speaker = await signedInSpeaker(browser, site);
    const options = speaker.page.getByLabel("Language you speak").locator("option");
    const offered = async (): Promise<string[]> =>
      options.evaluateAll((found) => found.map((option) => (option as HTMLOptionElement).value));
    await expect.poll(offered, WAIT).toEqual(theStack().config.supportedLanguages);
    await speaker.context.close();
  });
});
