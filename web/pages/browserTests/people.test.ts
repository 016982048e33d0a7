import type { BrowserContext } from "playwright-core";
import { describe, expect } from "vitest";
import { localStack, theStack } from "../../client/stackTests/localStack.ts";
import { signIn as signInWithClient, speak } from "../../client/stackTests/participants.ts";
import { hasBrowser, visit, type Visitor } from "./browser.ts";
import {
  becomes,
  expectAccessible,
  hasFocus,
  hasTitle,
  hasValue,
  hides,
  press,
  shows,
  signIn,
  WAIT,
} from "./pageActions.ts";
import { pageTest as test } from "./pageTest.ts";

const PASSWORD = "Lovelace-1815";

/** Returns what the browser gives a screen reader about the element that has the focus. */
async function spoken({ context, page }: Visitor): Promise<string> {
  const session = await context.newCDPSession(page);
  const { result } = await session.send("Runtime.evaluate", { expression: "document.activeElement" });
  const { nodes } = await session.send("Accessibility.getPartialAXTree", {
    objectId: result.objectId ?? "",
    fetchRelatives: false,
  });
  await session.detach();
  const [{ role, name, description, properties } = { role: undefined }] = nodes;
  const isInvalid = properties?.some(({ name, value }) => name === "invalid" && value.value === "true");
  const words = [role?.value, name?.value, isInvalid && "invalid", description?.value] as unknown[];
  return words.filter(Boolean).join(", ");
}

/** Waits until the browser gives a screen reader this about the element that has the focus. */
async function speaks(visitor: Visitor, expected: string | RegExp): Promise<void> {
  await becomes(async () => spoken(visitor), expected);
}

/** Returns the codes of the e-mails that the local Cognito sent to an address, in their order. */
async function codesSentTo(address: string): Promise<string[]> {
  const response = await fetch(`${theStack().config.cognitoEndpoint ?? ""}/_ministack/ses/messages`);
  const { messages } = (await response.json()) as {
    messages: Record<string, { To: string[]; BodyText: string }[]>;
  };
  return Object.values(messages)
    .flat()
    .filter(({ To }) => To.includes(address))
    .map(({ BodyText }) => /\d{6}/.exec(BodyText)?.[0] ?? "");
}

/** Waits for this many e-mails to an address, and returns their codes. */
async function awaitCodes(address: string, count: number): Promise<string[]> {
  await expect.poll(async () => codesSentTo(address), WAIT).toHaveLength(count);
  return codesSentTo(address);
}

/** Serves config.json with a change: to the pages, the stack then has other settings. */
async function changeConfig(context: BrowserContext, change: object): Promise<void> {
  await context.route("**/config.json", async (route) =>
    route.fulfill({ json: { ...theStack().config, ...change } }),
  );
}

describe.skipIf(!localStack || !hasBrowser)("people on the pages", { timeout: 150_000 }, () => {
  test("an account is created, and its forgotten password replaced, with codes from e-mails", async ({
    browser,
    site,
  }) => {
    const email = `ada-${Date.now()}@example.com`;
    const speaker = await visit(browser, `${site.url}speaker.html`, { permissions: ["microphone"] });
    const { page } = speaker;
    await press(speaker, "Create an account");
    await hasTitle(speaker, "Create an account");
    await speaks(speaker, "form, Create an account");
    await page.getByLabel("E-mail address", { exact: true }).fill(email);
    await page.getByLabel("Choose a password").fill("short");
    await press(speaker, "Create account");
    await hasFocus(speaker, "sign-up-password");
    await speaks(speaker, /^textbox, Choose a password, invalid, At least 12 char.*Password/s);
    await expectAccessible(speaker);
    await page.getByLabel("Choose a password").fill(PASSWORD);
    await press(speaker, "Create account");

    await shows(speaker, "confirm-destination", `Enter the code from the e-mail to ${email}.`);
    await hasTitle(speaker, "Confirm your e-mail address");
    await press(speaker, "Send the code again");
    await shows(speaker, "code-resent", "The e-mail was sent again.");
    const codes = await awaitCodes(email, 2);
    const [, again = ""] = codes;
    expect(again).toMatch(/^\d{6}$/);
    const wrong = ["000000", "000001", "000002"].find((code) => !codes.includes(code)) ?? "";
    await page.getByLabel("Code", { exact: true }).fill(wrong);
    await press(speaker, "Confirm");
    await hasFocus(speaker, "confirm-code");
    await speaks(speaker, /^textbox, Code, invalid, The code is wrong/);
    await expectAccessible(speaker);
    await page.getByLabel("Code", { exact: true }).fill(again);
    await press(speaker, "Confirm");
    await shows(speaker, "account-name", email);
    await speaks(speaker, "region, New session");
    await hasTitle(speaker, "New session");

    await press(speaker, "Sign out");
    await press(speaker, "Forgot your password?");
    await page.getByLabel("E-mail address of the account").fill(email);
    await press(speaker, "Send code");
    await shows(speaker, "reset-destination", /an e-mail with a code was sent/);
    await expectAccessible(speaker);
    await page.getByLabel("Code from the e-mail").fill((await awaitCodes(email, 3)).at(-1) ?? "");
    await page.getByLabel("Password for the next sign-in").fill(`${PASSWORD}-again`);
    await press(speaker, "Set the password");
    await shows(speaker, "account-name", email);
    await press(speaker, "Sign out");
    await signIn(speaker, { username: email, password: `${PASSWORD}-again` });
    await shows(speaker, "account-name", email);
    await speaker.context.close();
  });

  test("errors of a sign-in and a join stand beside their fields", async ({ browser, site }) => {
    const stranger = await visit(browser, `${site.url}speaker.html`);
    await press(stranger, "Sign in");
    await speaks(stranger, "textbox, User name or e-mail, invalid, Enter your user name or e-mail address.");
    await expectAccessible(stranger);
    await signIn(stranger, { username: "nobody@example.com", password: "wrong" });
    await shows(stranger, "password-error", /incorrect username or password/i);
    await hasFocus(stranger, "password");

    // A link that a mail client damaged opens the page all the same.
    const listener = await visit(browser, `${site.url}listener.html#%E0%A4%A`);
    await press(listener, "Join");
    await shows(listener, "session-error", /This is not a session id/);
    await listener.page.getByLabel("Session id or link").fill("FINE MINT 605");
    await listener.page.keyboard.press("Enter");
    await shows(listener, "session-error", /There is no session with this id/);
    await speaks(listener, /^textbox, Session id or link, invalid, There is no session/);
    expect(listener.problems.filter((problem) => problem.startsWith("page:"))).toEqual([]);
    await Promise.all([stranger.context.close(), listener.context.close()]);
  });

  test("a listener joins and leaves by keyboard; title and focus follow, and so does a link to another session", async ({
    browser,
    site,
  }) => {
    await signInWithClient();
    const { sessionId } = await speak();
    const listener = await visit(browser, `${site.url}listener.html`);
    const { page } = listener;
    await page.getByRole("button", { name: "Join" }).waitFor();
    await expect.poll(async () => page.getByLabel("Language you listen in").count(), WAIT).toBe(2);
    await hides(listener, "language-choice");
    await page.getByLabel("Session id or link").focus();
    await page.keyboard.type(sessionId.toUpperCase().replaceAll("-", " "));
    await page.keyboard.press("Enter");
    await hasFocus(listener, "listening");
    await speaks(listener, /^region, (No sound|The speaker is away)$/);
    await hasTitle(listener, "Listening");
    await shows(listener, "spoken-language", "Language: English");
    await hides(listener, "live-language-choice");
    await page.evaluate(() => (location.hash = "#fine-mint-605"));
    await speaks(listener, "region, Join a session");
    await hasTitle(listener, "Listener");
    await hasValue(listener, "Session id or link", "fine-mint-605");
    await listener.context.close();
  });

  test("a listener of a stack with a hook chooses the language", async ({ browser, site }) => {
    await signInWithClient();
    const { sessionId } = await speak();
    const context = await browser.newContext();
    // As after a deployment that dropped a language: the page of a listener still offers it.
    await changeConfig(context, { hasHook: true, supportedLanguages: ["cy", "de", "fr"] });
    const page = await context.newPage();
    await page.goto(`${site.url}listener.html#${sessionId}`);
    const listener: Visitor = { context, page, problems: [] };
    await page.locator("#language").selectOption("cy");
    await press(listener, "Join");
    await shows(listener, "language-error", /This language is unavailable here/);
    await hasFocus(listener, "language");
    await page.locator("#language").selectOption("de");
    await press(listener, "Join");
    await page.locator("#live-language").selectOption("fr");
    await page.reload();
    await press(listener, "Join");
    await page.locator("#live-language").waitFor();
    await becomes(async () => page.locator("#live-language").inputValue(), "fr");
    await hides(listener, "spoken-language");
    await shows(listener, "alert", "");
    await context.close();
  });

  test("a listener of a stack that requires it signs in, and joins then", async ({ browser, site }) => {
    await signInWithClient();
    const { sessionId } = await speak();
    const context = await browser.newContext();
    const headers = { "Access-Control-Allow-Origin": "*" };
    await context.route("**/sessions/*", async (route) => route.fulfill({ status: 401, headers }));
    const page = await context.newPage();
    await page.goto(`${site.url}listener.html#${sessionId}`);
    const listener: Visitor = { context, page, problems: [] };
    await press(listener, "Join");
    await hasTitle(listener, "Sign in to listen");
    await hasFocus(listener, "sign-in");
    await signIn(listener, theStack().user);
    await hasFocus(listener, "listening");
    await shows(listener, "session-id", sessionId);
    await context.close();
  });

  test("a page says that it loads, and what it could not load", async ({ browser, site }) => {
    const context = await browser.newContext();
    let fail = (): void => undefined;
    const failed = new Promise<void>((resolve) => (fail = resolve));
    await context.route("**/assets/cognito-*.js", async (route) => {
      await failed;
      await route.abort();
    });
    const page = await context.newPage();
    await page.goto(`${site.url}speaker.html`);
    const speaker: Visitor = { context, page, problems: [] };
    await shows(speaker, "loading", "Loading…");
    await page.locator("#loading").waitFor();
    fail();
    await shows(speaker, "alert", /^The page could not load the sign-in\. Check your network/);
    await hides(speaker, "loading");
    await context.close();
  });

  test("a page without JavaScript says what it needs, and an unknown address gets a page with its styles", async ({
    browser,
    site,
  }) => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    for (const name of ["speaker", "listener"]) {
      await page.goto(`${site.url}${name}.html`);
      await becomes(async () => page.locator("noscript").innerText(), /^This page needs JavaScript/);
      await expect.poll(async () => page.locator("main section:visible").count(), WAIT).toBe(0);
    }
    const response = await page.goto(`${site.url}a/b/unknown`);
    expect(response?.status()).toBe(404);
    await becomes(async () => page.locator("h1").innerText(), "This page does not exist.");
    const border = async (): Promise<string> =>
      page.locator(".bar").evaluate((bar) => getComputedStyle(bar).borderBottomStyle);
    await becomes(border, "solid");
    await page.getByRole("link", { name: "Join a session" }).click();
    await hasTitle({ page }, "Listener");
    await context.close();
  });
});
