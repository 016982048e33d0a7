import { createServer, type AddressInfo, type Socket } from "node:net";
import { describe, expect } from "vitest";
import { localStack } from "../../client/stackTests/localStack.ts";
import { signIn, speak } from "../../client/stackTests/participants.ts";
import { hasBrowser, visit, type Visitor } from "./browser.ts";
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

async function createAndCancel(speaker: Visitor): Promise<void> {
  await press(speaker, "Create Session");
  await shows(speaker, "create", "Creating…");
  await shows(speaker, "progress", /does not open yet\. The page still tries/);
  await press(speaker, "Cancel");
  await shows(speaker, "create", "Create Session");
  expect(await text(speaker, "progress")).toBe("");
}

async function joinInVain(listener: Visitor): Promise<void> {
  await press(listener, "Join");
  await shows(listener, "progress", /does not open yet\. The page still tries/);
  expect(await text(listener, "join-button")).toBe("Joining…");
  await shows(listener, "progress", /firewall may block WebSockets\. The page tries again/);
  expect(await text(listener, "join-button")).toBe("Joining…");
  await shows(listener, "alert", /firewall may block WebSockets/);
  expect(await text(listener, "progress")).toBe("");
}

describe.skipIf(!localStack || !hasBrowser)("behind a firewall", { timeout: 90_000 }, () => {
  test("a listener reads within the time limit that the connection does not open, and then why; a speaker cancels", async ({
    browser,
    site,
  }) => {
    await signIn();
    const { sessionId } = await speak();
    const listener = await visit(browser, `${site.url}listener.html#${sessionId}`);
    const speaker = await signedInSpeaker(browser, site);
    await Promise.all([joinInVain(listener), createAndCancel(speaker)]);
    await Promise.all([listener.context.close(), speaker.context.close()]);
  });
});
