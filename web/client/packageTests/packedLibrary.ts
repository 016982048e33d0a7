import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const CLIENT = fileURLToPath(new URL("../", import.meta.url));
export const WEB = dirname(CLIENT.replace(/\/$/, ""));

/** A folder outside the repository with the library as `npm pack` makes it in its `node_modules`. */
export class Consumer {
  readonly folder = mkdtempSync(join(tmpdir(), "websocket-sessions-consumer-"));
  /** The folder of the installed library. */
  readonly library = join(this.folder, "node_modules", "websocket-sessions");

  constructor() {
    mkdirSync(this.library, { recursive: true });
    const options = ["pack", "--silent", "--pack-destination", this.folder];
    const output = execFileSync("npm", options, { cwd: CLIENT }).toString();
    const archive = output.trim().split("\n").at(-1) ?? "";
    execFileSync("tar", ["-xzf", join(this.folder, archive), "--strip-components=1", "-C", this.library]);
    writeFileSync(join(this.folder, "package.json"), JSON.stringify({ type: "module" }));
  }

  /** Writes a file of the consumer and returns its path. */
  write(name: string, text: string): string {
    const file = join(this.folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** Runs a program and returns what it printed. */
  async run(node: string, file: string, ...args: string[]): Promise<string> {
    const child = spawn(node, [file, ...args], { cwd: this.folder });
    let output = "";
    child.stdout.on("data", (data: Buffer) => (output += data.toString()));
    child.stderr.on("data", (data: Buffer) => (output += data.toString()));
    await new Promise((resolve) => child.on("close", resolve));
    return output.trim();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The package `ws`, whose class stands for WebSocket in Node 20. */
export const WS = join(WEB, "node_modules", "ws", "wrapper.mjs");
