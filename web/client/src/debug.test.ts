import { expect, test } from "vitest";
import { debugTo, type DebugEvent } from "./index.ts";
import { connect, isOpen, startFakeServer, token } from "../testSupport/harness.ts";

test("the hook gets each state, message and closing, without tokens and payloads", async () => {
  const server = await startFakeServer();
  const events: DebugEvent[] = [];
  const connection = connect(server, {}, { debug: debugTo((event) => events.push(event)) });
  connection.open();
  await connection.state.until(isOpen);
  await connection.request<"endSession">({ action: "endSession", requestId: "r-1" });
  const socket = expect.any(Number) as unknown;
  const characters = expect.any(Number) as unknown;
  expect(events).toMatchObject([
    { event: "state", state: { name: "idle" } },
    { event: "state", state: { name: "connecting" } },
    { event: "opened", socket },
    { event: "state", state: { name: "open" } },
    { event: "sent", socket, name: "endSession", requestId: "r-1", characters },
    { event: "received", socket, name: "sessionEnded", requestId: "r-1", characters },
  ]);
  server.connections[0]?.drop();
  await expect.poll(() => events).toContainEqual({ event: "closed", socket, code: 1006 });
  expect(JSON.stringify(events)).not.toContain(token("speaker"));
});

test("the hook gets the failures that the connection survives", async () => {
  const server = await startFakeServer();
  const events: DebugEvent[] = [];
  const connection = connect(server, {}, { debug: debugTo((event) => events.push(event)) });
  connection.open();
  await connection.state.until(isOpen);
  server.refuseUpgrades = 503;
  server.connections[0]?.push({ type: "connectionRefreshRequired", secondsLeft: 600 });
  await expect
    .poll(() => events)
    .toContainEqual({
      event: "warning",
      error: expect.objectContaining({ code: "UPGRADE_FAILED" }) as unknown,
    });
});
