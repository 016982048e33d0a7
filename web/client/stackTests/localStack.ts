import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FrontendConfig } from "../src/index.ts";

/** The folder in which `make up` writes the stack's outputs; STACK_DIR names another one than `.local`. */
const FOLDER = process.env.STACK_DIR ?? fileURLToPath(new URL("../../../.local", import.meta.url));

export interface LocalStack {
  readonly config: FrontendConfig;
  readonly user: { readonly username: string; readonly password: string };
  /** The gateway's admin API: faults, disconnects, time. */
  readonly adminUrl: string;
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(`${FOLDER}/${name}`, "utf8"));
}

/** Returns the stack that runs on this machine, or the reason why none was found. */
async function find(): Promise<LocalStack | string> {
  try {
    const { frontendConfig: config } = read("outputs.json") as { frontendConfig: FrontendConfig };
    const user = read("demo-user.json") as LocalStack["user"];
    const adminUrl = `${new URL(config.webSocketUrl).origin.replace("ws", "http")}/_gateway`;
    const health = await fetch(`${adminUrl}/health`);
    return health.ok ? { config, user, adminUrl } : `the gateway is unhealthy (${health.status})`;
  } catch (error) {
    return `no local stack is running (make up starts one): ${String(error)}`;
  }
}

const found = await find();
if (typeof found === "string") console.warn(`SKIPPED tests against the local stack: ${found}`);

/** Undefined if no stack runs; tests that need one are then skipped. */
export const localStack = typeof found === "string" ? undefined : found;

export function theStack(): LocalStack {
  if (typeof found === "string") throw new Error(found);
  return found;
}
