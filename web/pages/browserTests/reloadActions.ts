import type { Page } from "playwright-core";
import { press, shows } from "./pageActions.ts";
import type { Visitor } from "./browser.ts";
import type { Site } from "./site.ts";

export async function reload({ page }: Visitor): Promise<void> {
  await page.reload();
}

/** Opens the speaker page in another tab of the same browser. */
export async function openAnotherTab(visitor: Visitor, site: Site): Promise<Visitor> {
  const page = await visitor.context.newPage();
  await page.goto(`${site.url}speaker.html`);
  return { ...visitor, page };
}

export async function continueSession(visitor: Visitor, sessionId: string): Promise<void> {
  await press(visitor, `Continue session ${sessionId}`);
  await shows(visitor, "status", "Broadcasting");
  await shows(visitor, "session-id", sessionId);
}

export async function expectSessionOffered({ page }: Visitor, sessionId: string): Promise<void> {
  await page.getByRole("button", { name: `Continue session ${sessionId}` }).waitFor();
}

export async function expectSetup({ page }: Visitor): Promise<void> {
  await page.getByRole("button", { name: "Create Session" }).waitFor();
}

/** Runs in the page: expires the tokens and invalidates the refresh token, as after a day. */
export function expireSignIn(): void {
  for (const [key, value] of Object.entries(localStorage as unknown as Record<string, string>)) {
    const [head = "", payload = "", signature = ""] = value.split(".");
    if (key.endsWith(".refreshToken")) localStorage.setItem(key, "no-token");
    if (!/\.(access|id)Token$/.test(key)) continue;
    const claims = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as object;
    const old = btoa(JSON.stringify({ ...claims, exp: 1 })).replaceAll("=", "");
    localStorage.setItem(key, [head, old.replaceAll("+", "-").replaceAll("/", "_"), signature].join("."));
  }
}

/** Collects the error codes that the page's WebSockets receive from now on. */
export function collectErrorCodes(page: Page): string[] {
  const codes: string[] = [];
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => {
      const { code } = JSON.parse(payload.toString()) as { code?: string };
      if (code !== undefined) codes.push(code);
    });
  });
  return codes;
}
