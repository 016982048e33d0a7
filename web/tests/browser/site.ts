import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const WEB = fileURLToPath(new URL("../../", import.meta.url));

/** The pages, built and served as `make up` serves them, with a config of the test's own. */
export class Site {
  readonly url: string;
  readonly #server: ChildProcess;

  static async start(config: object): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), "websocket-sessions-site-"));
    const configFile = join(folder, "config.json");
    writeFileSync(configFile, JSON.stringify(config));
    await build({ root: WEB, logLevel: "error", build: { outDir: join(folder, "dist"), emptyOutDir: true } });
    const options = ["--port", "0", "--config", configFile, "--root", join(folder, "dist")];
    const server = spawn(process.execPath, [join(WEB, "tools/serve.mjs"), ...options], { stdio: "pipe" });
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
