import { hasBrowser, launch } from "../browser.ts";
import type { RemoteBrowser, RemotePage } from "./remotePage.ts";

/** The reason why Chromium cannot be driven; undefined if it can. */
export const chromiumMissing = hasBrowser ? undefined : "Chromium is not installed";

/** @param initScript runs in each page before its own scripts. */
export async function startChromium(initScript = ""): Promise<RemoteBrowser> {
  const browser = await launch("--use-fake-ui-for-media-stream");
  return {
    async open(): Promise<RemotePage> {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.addInitScript(initScript);
      return {
        goto: async (url) => {
          await page.goto(url);
        },
        evaluate: async (body) => page.evaluate(`(async () => { ${body} })()`),
        close: async () => context.close(),
      };
    },
    close: async () => browser.close(),
  };
}
