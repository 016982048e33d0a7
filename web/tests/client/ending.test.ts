import { describe, expect, test } from "vitest";
import type { SessionMessage } from "../../src/client/index.ts";
import type { PeerConnection } from "./peer.ts";
import { isClosed, makeListener, numbered, say, startPeer } from "./support.ts";

const lost = (): void => undefined;
const arrives = (message: SessionMessage, to: PeerConnection): void => to.push(message);

/** A listener who has heard one message. */
async function listening(timings: object = {}) {
  const peer = await startPeer();
  const { listener, heard } = makeListener(peer, timings);
  await listener.join();
  say(peer, 1);
  await expect.poll(() => heard).toEqual(["m1"]);
  const ended = async () => listener.connection.state.until(isClosed);
  return { peer, listener, heard, ended };
}

describe("every message up to the session's end is heard", () => {
  test("when the end overtakes the last ones", async () => {
    const { peer, listener, heard, ended } = await listening();
    const late: SessionMessage[] = [];
    peer.session.deliver = (message) => late.push(message);
    say(peer, 2);
    peer.connections[0]?.push(peer.session.end("ended"));
    await listener.state.until(({ status }) => status === "ended");
    for (const message of late) peer.connections[0]?.push(message);
    await ended();
    expect(heard).toEqual(numbered(3));
  });

  test("when the last ones are lost, and a replay of them too", async () => {
    const { peer, listener, heard, ended } = await listening();
    peer.session.deliver = lost;
    say(peer, 2);
    peer.connections[0]?.push(peer.session.end("speakerGone"));
    await expect.poll(() => peer.requests("joinSession").length).toBeGreaterThan(1);
    peer.session.deliver = arrives;
    await ended();
    expect(heard).toEqual(numbered(3));
    expect(listener.state.value).toMatchObject({ status: "ended", endReason: "speakerGone" });
  });

  test("when it ends while the listener is away: page by page, then the end with its reason", async () => {
    const { peer, listener, heard, ended } = await listening();
    peer.session.replayPage = 10;
    peer.connections[0]?.cut();
    say(peer, 24);
    peer.session.end("expired");
    await ended();
    expect(heard).toEqual(numbered(25));
    expect(listener.state.value).toMatchObject({ status: "ended", endReason: "expired" });
    expect(listener.connection.state.value).toMatchObject({ error: undefined });
    expect(peer.connections.length).toBe(2);
  });

  test("when the connection is cut before it has them all", async () => {
    const { peer, heard, ended } = await listening();
    peer.session.deliver = lost;
    say(peer, 2);
    peer.connections[0]?.push(peer.session.end("ended"));
    await expect.poll(() => peer.requests("joinSession").length).toBeGreaterThan(1);
    peer.session.deliver = arrives;
    peer.connections[0]?.cut();
    await ended();
    expect(heard).toEqual(numbered(3));
  });

  test("when the end comes before the join's reply", async () => {
    const peer = await startPeer();
    const { listener, heard } = makeListener(peer);
    peer.fault = ({ action }, connection) => {
      if (action !== "joinSession" || peer.requests("joinSession").length > 1) return undefined;
      setImmediate(() => {
        peer.session.deliver = lost;
        say(peer, 2);
        connection.push(peer.session.end("ended"));
        peer.session.deliver = arrives;
      });
      return { late: 50 };
    };
    await listener.join();
    await listener.connection.state.until(isClosed);
    expect(heard).toEqual(numbered(2));
  });
});

test("what is kept no longer at the end is told as a reset", async () => {
  const { peer, listener, heard, ended } = await listening();
  let resets = 0;
  listener.resets.on(() => resets++);
  peer.connections[0]?.cut();
  say(peer, 5);
  peer.session.logStart = 5;
  peer.session.end("ended");
  await ended();
  expect([resets, heard]).toEqual([1, ["m1"]]);
});

test("last messages that never come are waited for no longer than a while", async () => {
  const { peer, listener, ended } = await listening({ ending: 60 });
  peer.session.deliver = lost;
  say(peer, 1);
  peer.connections[0]?.push(peer.session.end("ended"));
  await ended();
  expect(listener.state.value).toMatchObject({ status: "ended", endReason: "ended" });
});

describe("after some silence the listener asks, and so finds", () => {
  const silence = { base: 20, cap: 40 };

  test("a last message that was lost", async () => {
    const { peer, heard } = await listening({ silence });
    peer.session.deliver = lost;
    say(peer, 1);
    peer.session.deliver = arrives;
    await expect.poll(() => heard).toEqual(numbered(2));
    expect(peer.requests("joinSession").at(1)).toMatchObject({ epoch: "5f0c9a1e", offset: 1 });
    expect(peer.connections.length).toBe(1);
  });

  test("an end that was lost", async () => {
    const { peer, listener, ended } = await listening({ silence });
    peer.session.end("speakerGone");
    await ended();
    expect(listener.state.value).toMatchObject({ status: "ended", endReason: "speakerGone" });
  });

  test("a session that is gone with its records", async () => {
    const { peer, listener, ended } = await listening({ silence });
    peer.session.isGone = true;
    await ended();
    expect(listener.state.value).toMatchObject({ status: "ended", endReason: undefined });
  });
});
