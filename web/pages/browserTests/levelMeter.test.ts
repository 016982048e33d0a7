import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { hasBrowser } from "./browser.ts";
import { pageTest } from "./pageTest.ts";

/** Needs no stack: the page is not used. */
const test = pageTest.extend("config", { scope: "file" }, (): object => ({}));

/** Returns the colours of a picture's column without its first and last row, which are blended with what is around. */
async function columnColours(page: Page, png: Buffer, x: number): Promise<string[]> {
  return page.evaluate(
    async ({ base64, x }) => {
      const image = new Image();
      image.src = `data:image/png;base64,${base64}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
      canvas?.drawImage(image, 0, 0);
      const column = canvas?.getImageData(x, 0, 1, image.height).data ?? [];
      const rows = Array.from({ length: image.height }, (_, y) => column.slice(y * 4, y * 4 + 3).join());
      return rows.slice(1, -1);
    },
    { base64: png.toString("base64"), x },
  );
}

describe.skipIf(!hasBrowser)("the level meter in Chromium", { timeout: 60_000 }, () => {
  test("is filled over its whole height, up to the level", async ({ browser, site }) => {
    const page = await browser.newPage();
    await page.goto(`${site.url}speaker.html`);
    await page.getByText(/^This site is not set up/).waitFor(); // the page changes no more
    const meter = page.locator("#level");
    await meter.evaluate((element: HTMLMeterElement) => {
      element.value = 0.5;
      for (let parent = element.parentElement; parent; parent = parent.parentElement) parent.hidden = false;
    });
    const width = (await meter.boundingBox())?.width ?? 0;
    const png = await meter.screenshot();
    const blank = await browser.newPage();
    const filled = new Set(await columnColours(blank, png, Math.round(width / 4)));
    const empty = new Set(await columnColours(blank, png, Math.round((width * 3) / 4)));
    expect(filled.size).toBe(1);
    expect(empty.size).toBe(1);
    expect(filled).not.toEqual(empty);
    await Promise.all([page.close(), blank.close()]);
  });
});
