import type { Page } from "playwright-core";
import { expect } from "vitest";
import { press, shows, text } from "./actors.ts";
import type { Visitor } from "./browser.ts";
import type { Site } from "./site.ts";

export async function reload({ page }: Visitor): Promise<void> {
  await page.reload();
}

/** The same person in another tab. */
export async function another(visitor: Visitor, site: Site): Promise<Visitor> {
  const page = await visitor.context.newPage();
  await page.goto(`${site.url}speaker.html`);
  return { ...visitor, page };
}

export async function continues(visitor: Visitor, sessionId: string): Promise<void> {
  await press(visitor, `Continue session ${sessionId}`);
  await shows(visitor, "status", "Broadcasting");
  expect(await text(visitor, "session-id")).toBe(sessionId);
}

export async function isOffered({ page }: Visitor, sessionId: string): Promise<void> {
  await page.getByRole("button", { name: `Continue session ${sessionId}` }).waitFor();
}

export async function setsUp({ page }: Visitor): Promise<void> {
  await page.getByRole("button", { name: "Create Session" }).waitFor();
}

/** In the page: as a day later, when neither the tokens nor what refreshes them are good any more. */
export function letTheSignInRunOut(): void {
  for (const [key, value] of Object.entries(localStorage as unknown as Record<string, string>)) {
    const [head = "", payload = "", signature = ""] = value.split(".");
    if (key.endsWith(".refreshToken")) localStorage.setItem(key, "no-token");
    if (!/\.(access|id)Token$/.test(key)) continue;
    const claims = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as object;
    const old = btoa(JSON.stringify({ ...claims, exp: 1 })).replaceAll("=", "");
    localStorage.setItem(key, [head, old.replaceAll("+", "-").replaceAll("/", "_"), signature].join("."));
  }
}

/** The error codes that come over the page's WebSockets from now on. */
export function watchRefusals(page: Page): string[] {
  const codes: string[] = [];
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => {
      const { code } = JSON.parse(payload.toString()) as { code?: string };
      if (code !== undefined) codes.push(code);
    });
  });
  return codes;
}
