import { createServer, type AddressInfo, type Socket } from "node:net";
import { describe, expect } from "vitest";
import { localStack } from "../../client/stackTests/localStack.ts";
import { signIn, speak } from "../../client/stackTests/participants.ts";
import { hasBrowser, visit } from "./browser.ts";
import { press, shows, signedInSpeaker, text } from "./pageActions.ts";
import { pageTest } from "./pageTest.ts";

/** Serves pages whose WebSocket API accepts connections and never answers, as behind a firewall. */
const test = pageTest.extend(
  "config",
  { scope: "file" },
  async ({ stack }, { onCleanup }): Promise<object> => {
    const held = new Set<Socket>();
    const firewall = createServer((socket) => held.add(socket.on("error", () => undefined)));
    await new Promise<void>((resolve) => firewall.listen(0, "127.0.0.1", resolve));
    onCleanup(() => {
      for (const socket of held) socket.destroy();
      firewall.close();
    });
    return {
      ...stack.config,
      webSocketUrl: `ws://127.0.0.1:${(firewall.address() as AddressInfo).port}`,
    };
  },
);

describe.skipIf(!localStack || !hasBrowser)("a person behind a firewall", { timeout: 90_000 }, () => {
  test("who creates a session reads that the page still tries, and can cancel", async ({ browser, site }) => {
    const speaker = await signedInSpeaker(browser, site);
    await press(speaker, "Create Session");
    await shows(speaker, "create", "Creating…");
    await shows(speaker, "progress", /does not open yet\. The page still tries/);
    await press(speaker, "Cancel");
    await shows(speaker, "create", "Create Session");
    expect(await text(speaker, "progress")).toBe("");
    await speaker.context.close();
  });

  test("who joins reads within the join's time limit that the connection does not open, and then why", async ({
    browser,
    site,
  }) => {
    await signIn();
    const { sessionId } = await speak();
    const listener = await visit(browser, `${site.url}listener.html#${sessionId}`);
    await press(listener, "Join");
    await shows(listener, "progress", /does not open yet\. The page still tries/);
    expect(await text(listener, "join-button")).toBe("Joining…");
    await shows(listener, "progress", /firewall may block WebSockets\. The page tries again/);
    expect(await text(listener, "join-button")).toBe("Joining…");
    await shows(listener, "alert", /firewall may block WebSockets/);
    expect(await text(listener, "progress")).toBe("");
    await listener.context.close();
  });
});
