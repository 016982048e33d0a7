import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { localStack, theStack } from "../../client/stackTests/localStack.ts";
import { signIn, speak } from "../../client/stackTests/participants.ts";
import { hasBrowser, launch, visit } from "./browser.ts";
import { press, shows, text } from "./pageActions.ts";
import { Site } from "./site.ts";

describe.skipIf(!localStack || !hasBrowser)("a listener behind a firewall", { timeout: 90_000 }, () => {
  let site: Site;
  let browser: Browser;
  /** Accepts connections and never answers, as a firewall that drops WebSocket handshakes. */
  let firewall: Server;
  const held = new Set<Socket>();

  beforeAll(async () => {
    firewall = createServer((socket) => held.add(socket.on("error", () => undefined)));
    await new Promise<void>((resolve) => firewall.listen(0, "127.0.0.1", resolve));
    const webSocketUrl = `ws://127.0.0.1:${(firewall.address() as AddressInfo).port}`;
    [site, browser] = await Promise.all([Site.start({ ...theStack().config, webSocketUrl }), launch()]);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    site.stop();
    for (const socket of held) socket.destroy();
    firewall.close();
  });

  test("reads within the join's time limit that the connection does not open, and then why", async () => {
    await signIn();
    const { sessionId } = await speak();
    const listener = await visit(browser, `${site.url}listener.html#${sessionId}`);
    await press(listener, "Join");
    await shows(listener, "progress", /does not open yet\. Still trying/);
    expect(await text(listener, "join-button")).toBe("Joining…");
    await shows(listener, "progress", /firewall may block WebSockets\. Trying again/);
    expect(await text(listener, "join-button")).toBe("Joining…");
    await shows(listener, "alert", /firewall may block WebSockets/);
    expect(await text(listener, "progress")).toBe("");
    await listener.context.close();
  });
});
