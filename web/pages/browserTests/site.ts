import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const PAGES = fileURLToPath(new URL("../", import.meta.url));

/** Builds and serves the pages as `make up` does, with the test's own config. */
export class Site {
  readonly url: string;
  readonly #server: ChildProcess;

  static async start(config: object): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), "websocket-sessions-site-"));
    const configFile = join(folder, "config.json");
    writeFileSync(configFile, JSON.stringify(config));
    await build({
      root: PAGES,
      logLevel: "error",
      build: { outDir: join(folder, "dist"), emptyOutDir: true },
    });
    const options = ["--port", "0", "--config", configFile, "--root", join(folder, "dist")];
    const server = spawn(process.execPath, [join(PAGES, "tools/serve.mjs"), ...options], { stdio: "pipe" });
    const url = await new Promise<string>((resolve, reject) => {
      server.stdout.once("data", (data: Buffer) => resolve(data.toString().trim()));
      server.stderr.once("data", (data: Buffer) => reject(new Error(data.toString())));
    });
    return new Site(url, server);
  }

  private constructor(url: string, server: ChildProcess) {
    this.url = url;
    this.#server = server;
  }

  stop(): void {
    this.#server.kill();
  }
}
