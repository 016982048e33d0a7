import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FrontendConfig } from "../../src/pages/config.ts";

/** What `make up` leaves behind. STACK_DIR names another place than `.local`. */
const FOLDER = process.env.STACK_DIR ?? fileURLToPath(new URL("../../../.local", import.meta.url));

export interface LocalStack {
  readonly config: FrontendConfig;
  readonly user: { readonly username: string; readonly password: string };
  /** Where the gateway takes orders: faults, cuts, time. */
  readonly adminUrl: string;
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(`${FOLDER}/${name}`, "utf8"));
}

/** The stack that runs here, or why there is none. */
async function find(): Promise<LocalStack | string> {
  try {
    const { frontendConfig: config } = read("outputs.json") as { frontendConfig: FrontendConfig };
    const user = read("demo-user.json") as LocalStack["user"];
    const adminUrl = `${new URL(config.webSocketUrl).origin.replace("ws", "http")}/_gateway`;
    const health = await fetch(`${adminUrl}/health`);
    return health.ok ? { config, user, adminUrl } : `the gateway is not well (${health.status})`;
  } catch (error) {
    return `no local stack is up (make up): ${String(error)}`;
  }
}

const found = await find();
if (typeof found === "string") console.warn(`SKIPPED tests against the local stack: ${found}`);

/** Nothing where no stack runs; tests that need one are skipped then. */
export const localStack = typeof found === "string" ? undefined : found;

export function theStack(): LocalStack {
  if (typeof found === "string") throw new Error(found);
  return found;
}
