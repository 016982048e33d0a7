import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SessionMessage } from "../index.ts";
import {
  channelListener,
  joinOnChannel,
  logged,
  NAME,
  startServers,
} from "../../testSupport/channelHarness.ts";
import { numbered, say } from "../../testSupport/harness.ts";

describe("on the channel", () => {
  test("updates of the session and batches are understood", async () => {
    const { server } = await startServers();
    const { listener, heard } = await joinOnChannel(server);
    server.session.publishOnChannel({
      type: "sessionUpdated",
      sessionId: NAME,
      status: "paused",
      quality: "standard",
      version: 9,
    });
    await listener.state.until(({ status }) => status === "paused");
    const messages = numbered(3).map((data, index) => logged(data, index + 1));
    server.session.publishOnChannel({ type: "batch", sessionId: NAME, messages });
    await expect.poll(() => heard).toEqual(numbered(3));
  });

  test("several events in one frame are understood", async () => {
    const { server, api } = await startServers();
    const { heard } = await joinOnChannel(server);
    const [connection] = api.connections;
    const id = connection?.subscriptions.keys().next().value;
    const event = [1, 2].map((offset) => JSON.stringify(logged(`m${offset}`, offset)));
    connection?.send({ type: "data", id, event });
    await expect.poll(() => heard).toEqual(numbered(2));
  });

  test("messages of other sessions and subscriptions, and other texts, are ignored", async () => {
    const { server, api } = await startServers();
    const { heard } = await joinOnChannel(server);
    const [connection] = api.connections;
    const id = connection?.subscriptions.keys().next().value;
    const foreign = { ...logged("of another session", 1), sessionId: "other-king-100" };
    connection?.send({ type: "data", id, event: JSON.stringify(foreign) });
    connection?.send({ type: "data", id: "other", event: JSON.stringify(logged("of another language", 1)) });
    for (const event of ["no JSON", "null", "7", '{"type":7}', '{"type":"unknown"}'])
      connection?.send({ type: "data", id, event });
    connection?.send({ type: "data", id });
    connection?.send({ type: "of tomorrow" });
    say(server, 1);
    await expect.poll(() => heard).toEqual(["m1"]);
    expect(api.handshakes.length).toBe(1);
  });

  test("a last event that is lost silently is recovered by a probe", async () => {
    const { server, api } = await startServers();
    const { heard } = await joinOnChannel(server, { gapProbe: { baseMs: 200, capMs: 400 } });
    say(server, 1);
    await expect.poll(() => heard.length).toBe(1);
    api.loses = () => true;
    say(server, 1);
    api.loses = () => false;
    await expect.poll(() => heard).toEqual(numbered(2));
  });

  test("an event that is lost silently is recovered when the next one shows the gap", async () => {
    const { server, api } = await startServers();
    const { heard } = await joinOnChannel(server);
    api.loses = (event) => (event as SessionMessage).offset === 2;
    say(server, 3);
    await expect.poll(() => heard).toEqual(numbered(3));
    expect(server.requests("joinSession").at(-1)).toMatchObject({ onChannel: true, offset: 1 });
    expect(api.handshakes.length).toBe(1);
  });
});

test("each message is received once and in order, whatever is lost and when", async () => {
  const event = fc.oneof(
    { weight: 4, arbitrary: fc.constant("publish" as const) },
    fc.constantFrom("loseEvent", "dropChannel", "dropConnection", "handOver", "refuse", "accept", "pass"),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 5, maxLength: 25 }), async (events) => {
      const { server, api } = await startServers();
      const { listener, heard } = channelListener(server, { gapProbe: { baseMs: 60, capMs: 120 } });
      await listener.join();
      for (const each of events) {
        if (each === "publish") say(server, 1);
        else if (each === "loseEvent") {
          api.loses = () => true;
          say(server, 1);
          api.loses = () => false;
        } else if (each === "dropChannel") api.openConnections[0]?.drop();
        else if (each === "dropConnection") server.connections.at(-1)?.drop();
        else if (each === "handOver")
          server.connections.at(-1)?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
        else if (each === "refuse") api.refusal = "subscribe_error";
        else if (each === "accept") api.refusal = undefined;
        else await new Promise((resolve) => setTimeout(resolve, 15));
      }
      const { length } = server.session.log;
      await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(length);
      expect(heard).toEqual(numbered(length));
      await listener.leave();
    }),
    { numRuns: 25 },
  );
}, 120_000);
