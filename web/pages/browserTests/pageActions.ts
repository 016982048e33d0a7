import type { Browser, Page } from "playwright-core";
import { expect } from "vitest";
import { theStack } from "../../client/stackTests/localStack.ts";
import { accessibilityProblems } from "./accessibility.ts";
import { visit, type Visitor } from "./browser.ts";
import type { Site } from "./site.ts";

/** Allows for cold Lambdas and several browsers on two cores. */
export const WAIT = { timeout: 45_000, interval: 200 };

type ContextOptions = Parameters<Browser["newContext"]>[0];

export const text = async ({ page }: Visitor, id: string): Promise<string> =>
  page.locator(`#${id}`).innerText();

/** Waits until a text that is read again and again is or matches the expected one. */
export async function becomes(read: () => Promise<string | null>, expected: string | RegExp): Promise<void> {
  const polled = expect.poll(read, WAIT);
  await (expected instanceof RegExp ? polled.toMatch(expected) : polled.toBe(expected));
}

/** Waits until the element with this id has this text. */
export async function shows(visitor: Visitor, id: string, expected: string | RegExp): Promise<void> {
  await becomes(async () => text(visitor, id), expected);
}

/** Waits until the page shows no element with this id. */
export async function hides({ page }: Visitor, id: string): Promise<void> {
  await page.locator(`#${id}`).waitFor({ state: "hidden", timeout: WAIT.timeout });
}

/** Waits until the field with this label has this value. */
export async function hasValue({ page }: Visitor, label: string, expected: string): Promise<void> {
  const field = page.getByLabel(label, { exact: true });
  await becomes(async () => field.inputValue(), expected);
}

/** Waits until the page's title is these words and the name of the pages. */
export async function hasTitle({ page }: Pick<Visitor, "page">, expected: string): Promise<void> {
  await becomes(async () => page.title(), `${expected} · Live sessions`);
}

/** Waits until the element with this id has the focus. */
export async function hasFocus({ page }: Visitor, id: string): Promise<void> {
  await expect.poll(async () => page.evaluate(() => document.activeElement?.id), WAIT).toBe(id);
}

/** Expects the page to be accessible now. Await a state of the page first. */
export async function expectAccessible({ page }: Pick<Visitor, "page">): Promise<void> {
  const problems = await accessibilityProblems(page);
  expect(problems).toEqual([]);
}

/**
 * Records the present text of an element and each later one, in their order: a text can pass between two looks.
 * Returns a function that returns them.
 */
export async function recordTexts({ page }: Visitor, id: string): Promise<() => Promise<string[]>> {
  const texts = await page.locator(`#${id}`).evaluateHandle((element) => {
    const seen = [element.textContent];
    const record = (): unknown => seen.at(-1) === element.textContent || seen.push(element.textContent);
    new MutationObserver(record).observe(element, { childList: true, characterData: true, subtree: true });
    return seen;
  });
  return async () => texts.jsonValue();
}

export async function press({ page }: Visitor, name: string): Promise<void> {
  await page.getByRole("button", { name, exact: true }).click();
}

/** Ends the session: the page asks first. */
export async function endSession(speaker: Visitor): Promise<void> {
  await press(speaker, "End session");
  await press(speaker, "End for everyone");
}

/** Opens the speaker page and signs in. */
export async function signedInSpeaker(
  browser: Browser,
  site: Site,
  options: ContextOptions = {},
): Promise<Visitor> {
  const speaker = await visit(browser, `${site.url}speaker.html`, {
    permissions: ["microphone"],
    ...options,
  });
  await signIn(speaker, theStack().user);
  await speaker.page.getByRole("button", { name: "Create Session" }).waitFor();
  return speaker;
}

export async function signIn(visitor: Visitor, user: { username: string; password: string }): Promise<void> {
  await visitor.page.getByLabel("User name or e-mail").fill(user.username);
  await visitor.page.getByLabel("Password", { exact: true }).fill(user.password);
  await press(visitor, "Sign in");
}

/** Opens the speaker page, signs in and creates a session. */
export async function broadcast(
  browser: Browser,
  site: Site,
  options: ContextOptions = {},
): Promise<{ speaker: Visitor; sessionId: string }> {
  const speaker = await signedInSpeaker(browser, site, options);
  await press(speaker, "Create Session");
  await shows(speaker, "status", "Broadcasting");
  return { speaker, sessionId: await text(speaker, "session-id") };
}

export interface ListeningVisitor extends Visitor {
  /** The offsets of the received messages, in the order of arrival. */
  readonly offsets: number[];
}

/** Opens the listener page by the join link and joins. */
export async function listen(
  browser: Browser,
  site: Site,
  sessionId: string,
  options: ContextOptions = {},
): Promise<ListeningVisitor> {
  const visitor = await visit(browser, `${site.url}listener.html#${sessionId}`, options);
  const offsets = watchOffsets(visitor.page);
  await press(visitor, "Join");
  await shows(visitor, "status", "Live");
  return { ...visitor, offsets };
}

/** Returns how much audio Chromium has decoded, played and buffered. */
export async function playback({
  page,
}: Visitor): Promise<{ bytes: number; seconds: number; until: number }> {
  return page
    .locator("#audio")
    .evaluate((audio: HTMLAudioElement & { webkitAudioDecodedByteCount: number }) => ({
      bytes: audio.webkitAudioDecodedByteCount,
      seconds: audio.currentTime,
      until: audio.buffered.length > 0 ? audio.buffered.end(audio.buffered.length - 1) : 0,
    }));
}

/** Collects the offsets of the messages that the page's WebSockets receive, if they are opened from now on. */
export function watchOffsets(page: Page): number[] {
  const offsets: number[] = [];
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => {
      const message = JSON.parse(payload.toString()) as { type?: string; offset?: number };
      if (message.type === "message" && message.offset !== undefined) offsets.push(message.offset);
    });
  });
  return offsets;
}
