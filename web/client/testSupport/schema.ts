import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";

const ROOT = new URL("../../../", import.meta.url);
const schema = JSON.parse(readFileSync(new URL("protocol/schema.json", ROOT), "utf8")) as { $id: string };
const ajv = new Ajv2020({ strict: false, formats: { "date-time": true } }).addSchema(schema);

export interface Fixture {
  readonly message: string;
  readonly direction: "client" | "server" | "http";
  readonly valid: readonly { readonly case: string; readonly value: object }[];
}

/** Returns the examples of a message, which the functions' tests read too. */
export function fixture(name: string): Fixture {
  return JSON.parse(readFileSync(new URL(`tests/fixtures/messages/${name}.json`, ROOT), "utf8")) as Fixture;
}

/** Returns a message's violation of protocol/schema.json; undefined if the message is valid. */
export function violation(name: string, message: unknown): string | undefined {
  const validate = ajv.getSchema(`${schema.$id}#/$defs/${name}`);
  if (!validate) return `${name} is not a message of the protocol`;
  return validate(message) === true ? undefined : `${name}: ${ajv.errorsText(validate.errors)}`;
}
