import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";

const SERVE = fileURLToPath(new URL("../tools/serve.mjs", import.meta.url));

/** Serves the built pages as `make up` does, with the test's own config. */
export class Site {
  readonly url: string;
  readonly #server: ChildProcess;
  readonly #folder: string;

  static async start(config: object): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), "websocket-sessions-site-"));
    const configFile = join(folder, "config.json");
    writeFileSync(configFile, JSON.stringify(config));
    const options = ["--port", "0", "--config", configFile, "--root", inject("builtPages")];
    const server = spawn(process.execPath, [SERVE, ...options], { stdio: "pipe" });
    const url = await new Promise<string>((resolve, reject) => {
      server.stdout.once("data", (data: Buffer) => resolve(data.toString().trim()));
      server.stderr.once("data", (data: Buffer) => reject(new Error(data.toString())));
    });
    return new Site(url, server, folder);
  }

  private constructor(url: string, server: ChildProcess, folder: string) {
    this.url = url;
    this.#server = server;
    this.#folder = folder;
  }

  stop(): void {
    this.#server.kill();
    rmSync(this.#folder, { recursive: true });
  }
}
