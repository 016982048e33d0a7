import type { BrowserContext } from "playwright-core";
import { describe, expect } from "vitest";
import { localStack, theStack } from "../../client/stackTests/localStack.ts";
import { signIn as signInWithClient, speak } from "../../client/stackTests/participants.ts";
import { accessibilityProblems } from "./accessibility.ts";
import { hasBrowser, visit, type Visitor } from "./browser.ts";
import { press, shows, signIn, text, WAIT } from "./pageActions.ts";
import { pageTest as test } from "./pageTest.ts";

const PASSWORD = "Lovelace-1815";

const focused = async ({ page }: Visitor): Promise<string | undefined> =>
  page.evaluate(() => document.activeElement?.id);

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
    expect(await page.title()).toBe("Create an account · Live sessions");
    expect(await spoken(speaker)).toBe("form, Create an account");
    await page.getByLabel("E-mail address", { exact: true }).fill(email);
    await page.getByLabel("Choose a password").fill("short");
    await press(speaker, "Create account");
    await expect.poll(async () => focused(speaker), WAIT).toBe("sign-up-password");
    expect(await spoken(speaker)).toMatch(
      /^textbox, Choose a password, invalid, At least 12 char.*Password/s,
    );
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByLabel("Choose a password").fill(PASSWORD);
    await press(speaker, "Create account");

    await shows(speaker, "confirm-destination", `Enter the code from the e-mail to ${email}.`);
    expect(await page.title()).toBe("Confirm your e-mail address · Live sessions");
    await press(speaker, "Send the code again");
    await shows(speaker, "code-resent", "The e-mail was sent again.");
    const [code = "", again = ""] = await codesSentTo(email);
    expect(again).toMatch(/^\d{6}$/);
    await page.getByLabel("Code", { exact: true }).fill(code === "000000" ? "000001" : "000000");
    await press(speaker, "Confirm");
    await expect.poll(async () => focused(speaker), WAIT).toBe("confirm-code");
    expect(await spoken(speaker)).toMatch(/^textbox, Code, invalid, The code is wrong/);
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByLabel("Code", { exact: true }).fill(again);
    await press(speaker, "Confirm");
    await shows(speaker, "account-name", email);
    await expect.poll(async () => spoken(speaker), WAIT).toBe("region, New session");
    expect(await page.title()).toBe("New session · Live sessions");

    await press(speaker, "Sign out");
    await press(speaker, "Forgot your password?");
    await page.getByLabel("E-mail address of the account").fill(email);
    await press(speaker, "Send code");
    await shows(speaker, "reset-destination", /an e-mail with a code was sent/);
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByLabel("Code from the e-mail").fill((await codesSentTo(email)).at(-1) ?? "");
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
    expect(await spoken(stranger)).toBe(
      "textbox, User name or e-mail, invalid, Enter your user name or e-mail address.",
    );
    expect(await accessibilityProblems(stranger.page)).toEqual([]);
    await signIn(stranger, { username: "nobody@example.com", password: "wrong" });
    await shows(stranger, "password-error", /incorrect username or password/i);
    expect(await focused(stranger)).toBe("password");

    // A link that a mail client damaged opens the page all the same.
    const listener = await visit(browser, `${site.url}listener.html#%E0%A4%A`);
    await press(listener, "Join");
    await shows(listener, "session-error", /This is not a session id/);
    await listener.page.getByLabel("Session id or link").fill("FINE MINT 605");
    await listener.page.keyboard.press("Enter");
    await shows(listener, "session-error", /There is no session with this id/);
    expect(await spoken(listener)).toMatch(/^textbox, Session id or link, invalid, There is no session/);
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
    expect(await page.getByLabel("Language you listen in").count()).toBe(2);
    expect(await page.locator("#language-choice").isVisible()).toBe(false);
    await page.getByLabel("Session id or link").focus();
    await page.keyboard.type(sessionId.toUpperCase().replaceAll("-", " "));
    await page.keyboard.press("Enter");
    await expect.poll(async () => focused(listener), WAIT).toBe("listening");
    expect(await spoken(listener)).toMatch(/^region, (No sound|The speaker is away)$/);
    expect(await page.title()).toBe("Listening · Live sessions");
    await shows(listener, "spoken-language", "Language: English");
    expect(await page.locator("#live-language-choice").isVisible()).toBe(false);
    await page.evaluate(() => (location.hash = "#fine-mint-605"));
    await expect.poll(async () => spoken(listener), WAIT).toBe("region, Join a session");
    expect(await page.title()).toBe("Listener · Live sessions");
    expect(await page.getByLabel("Session id or link").inputValue()).toBe("fine-mint-605");
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
    expect(await focused(listener)).toBe("language");
    await page.locator("#language").selectOption("de");
    await press(listener, "Join");
    await page.locator("#live-language").selectOption("fr");
    await page.reload();
    await press(listener, "Join");
    await expect.poll(async () => page.locator("#live-language").inputValue(), WAIT).toBe("fr");
    expect(await page.locator("#spoken-language").isVisible()).toBe(false);
    expect(await text(listener, "alert")).toBe("");
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
    await expect.poll(async () => page.title(), WAIT).toBe("Sign in to listen · Live sessions");
    expect(await focused(listener)).toBe("sign-in");
    await signIn(listener, theStack().user);
    await expect.poll(async () => focused(listener), WAIT).toBe("listening");
    expect(await text(listener, "session-id")).toBe(sessionId);
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
    expect(await page.locator("#loading").isVisible()).toBe(true);
    fail();
    await shows(speaker, "alert", /^The page could not load the sign-in\. Check your network/);
    expect(await page.locator("#loading").isVisible()).toBe(false);
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
      expect(await page.locator("noscript").innerText()).toMatch(/^This page needs JavaScript/);
      expect(await page.locator("main section:visible").count()).toBe(0);
    }
    const response = await page.goto(`${site.url}a/b/unknown`);
    expect(response?.status()).toBe(404);
    expect(await page.locator("h1").innerText()).toBe("This page does not exist.");
    const border = await page.locator(".bar").evaluate((bar) => getComputedStyle(bar).borderBottomStyle);
    expect(border).toBe("solid");
    await page.getByRole("link", { name: "Join a session" }).click();
    expect(await page.title()).toBe("Listener · Live sessions");
    await context.close();
  });
});
