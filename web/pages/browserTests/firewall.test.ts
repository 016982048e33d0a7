import { createServer, type AddressInfo, type Socket } from "node:net";
import { describe, expect } from "vitest";
import { localStack } from "../../client/stackTests/localStack.ts";
import { signIn, speak } from "../../client/stackTests/participants.ts";
import { hasBrowser, visit, type Visitor } from "./browser.ts";
import { press, recordTexts, shows, signedInSpeaker } from "./pageActions.ts";
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

const STILL_TRIES = /does not open yet\. The page still tries/;

/** The page's clock stands still, so that the connection's time limit cannot pass before the click. */
async function createAndCancel(speaker: Visitor): Promise<void> {
  const { clock } = speaker.page;
  await clock.install();
  await clock.pauseAt(Date.now() + 60_000);
  await press(speaker, "Create Session");
  await shows(speaker, "create", "Creating…");
  await clock.runFor(6000);
  await shows(speaker, "progress", STILL_TRIES);
  await press(speaker, "Cancel");
  await shows(speaker, "create", "Create Session");
  await shows(speaker, "progress", "");
}

async function joinInVain(listener: Visitor): Promise<void> {
  const progress = await recordTexts(listener, "progress");
  const button = await recordTexts(listener, "join-button");
  await press(listener, "Join");
  await shows(listener, "alert", /firewall may block WebSockets/);
  await shows(listener, "progress", "");
  const [before, first, second] = await progress();
  expect(before).toBe("");
  expect(first).toMatch(STILL_TRIES);
  expect(second).toMatch(/firewall may block WebSockets\. The page tries again/);
  await expect.poll(button).toEqual(["Join", "Joining…", "Join"]);
}

describe.skipIf(!localStack || !hasBrowser)("behind a firewall", { timeout: 150_000 }, () => {
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
