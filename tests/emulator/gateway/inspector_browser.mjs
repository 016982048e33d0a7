// Drives the inspector in Chromium: node inspector_browser.mjs <page URL> <WebSocket URL> [screenshot]
import { createRequire } from "node:module";
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";

const require = createRequire(new URL("../../../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const { WebSocket } = require("ws");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [pageUrl, socketUrl, screenshot] = process.argv.slice(2);

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
try {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  await page.goto(pageUrl);
  await page.getByText("Live", { exact: true }).waitFor();

  const received = [];
  const socket = new WebSocket(socketUrl);
  socket.on("message", (data) => received.push(String(data)));
  await new Promise((resolve) => socket.on("open", resolve));
  await page.getByRole("button", { name: /^Disconnect / }).waitFor();
  socket.send('{"action":"echo","requestId":"r1","text":"Hello"}');
  socket.send('{"action":"echo","token":"very-secret"}');
  socket.send('{"action":"unknown"}');
  const rows = page.locator("#entries tr");
  await rows.filter({ hasText: "Error" }).first().waitFor();
  await rows.filter({ hasText: "Reply" }).nth(1).waitFor();
  assert.ok(!(await page.content()).includes("very-secret"), "a token is shown");

  // The keyboard selects a frame, and the detail shows the log lines of its request.
  await rows.filter({ hasText: "Hello" }).first().getByRole("button").focus();
  await page.keyboard.press("Enter");
  await page.locator("#payload", { hasText: '"text": "Hello"' }).waitFor();
  await page.locator("#logs", { hasText: "handled" }).waitFor();
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByText("Copied.").waitFor();
  assert.ok((await page.evaluate(() => navigator.clipboard.readText())).includes("Hello"));
  await page.getByRole("button", { name: "Replay" }).click();
  await page.getByText("Replayed.").waitFor();
  await rows.filter({ hasText: "Hello" }).nth(3).waitFor();
  assert.equal(received.filter((text) => text.includes("Hello")).length, 2);
  await page.keyboard.press("Shift+Tab");

  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), [], colorScheme);
    if (screenshot) await page.screenshot({ path: screenshot.replace(".png", colorScheme === "dark" ? "-dark.png" : ".png") });
  }

  await page.getByLabel("Filter").fill("unknown");
  assert.equal(await rows.filter({ visible: true }).count(), 1);
  await page.getByLabel("Filter").fill("");
  await page.getByRole("button", { name: /^Throttle / }).click();
  await page.getByText("1 fault is active.").waitFor();
  await page.getByRole("button", { name: "Remove all faults" }).click();
  await page.getByText("No fault is active.").waitFor();
  await page.getByLabel("Time factor").fill("2");
  await page.keyboard.press("Enter");
  await page.getByText("The time factor is 2.").waitFor();
  const closed = new Promise((resolve) => socket.on("close", resolve));
  await page.getByRole("button", { name: /^Disconnect / }).click();
  assert.equal(await closed, 1006);
  await page.getByText("No client is connected.").waitFor();
  assert.deepEqual(problems, []);
} finally {
  await browser.close();
}
