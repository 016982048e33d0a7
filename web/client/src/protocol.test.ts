import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import type { ServerMessage } from "./index.ts";
import { fixture, violation } from "../testSupport/schema.ts";
import { connect, startFakeServer } from "../testSupport/harness.ts";

const FOLDER = new URL("../../../tests/fixtures/messages/", import.meta.url);
const fixtures = readdirSync(FOLDER).map((file) => fixture(file.replace(".json", "")));

test("every example that a server may send reaches the page as it is", async () => {
  const server = await startFakeServer();
  const connection = connect(server);
  const got: ServerMessage[] = [];
  connection.messages.on((message) => got.push(message));
  connection.open();
  await connection.state.until(({ name }) => name === "open");
  const examples = fixtures
    .filter(({ direction, message }) => direction === "server" && message !== "connectionReplaced")
    .flatMap(({ valid }) => valid.map(({ value }) => value as ServerMessage));
  expect(examples.length).toBeGreaterThan(20);
  for (const example of examples) server.connections[0]?.push(example);
  await expect.poll(() => got.length).toBe(examples.length);
  expect(got).toEqual(examples);
});

test.each(fixtures.map(({ message, valid }) => [message, valid] as const))(
  "the server of these tests judges %s as the functions do",
  (name, valid) => {
    expect(valid.map(({ value }) => violation(name, value))).toEqual(valid.map(() => undefined));
  },
);
