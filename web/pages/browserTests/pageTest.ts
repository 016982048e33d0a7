import type { Browser } from "playwright-core";
import { test } from "vitest";
import { theStack } from "../../client/stackTests/localStack.ts";
import { launch } from "./browser.ts";
import { Site } from "./site.ts";

/**
 * A test with the served pages and a Chromium that allows its fake microphone. The tests of a file share both.
 * A file overrides `config` for pages of another stack.
 */
export const pageTest = test
  .extend("stack", { scope: "file" }, () => theStack())
  .extend("config", { scope: "file" }, ({ stack }): object => stack.config)
  .extend("site", { scope: "file" }, async ({ config }, { onCleanup }): Promise<Site> => {
    const site = await Site.start(config);
    onCleanup(() => site.stop());
    return site;
  })
  .extend("browserFlags", { scope: "file" }, ["--use-fake-ui-for-media-stream"])
  .extend("browser", { scope: "file" }, async ({ browserFlags }, { onCleanup }): Promise<Browser> => {
    const browser = await launch(...browserFlags);
    onCleanup(async () => browser.close());
    return browser;
  });
