import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as buildWithEsbuild } from "esbuild";
import { build as buildWithVite } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startFakeServer } from "../testSupport/harness.ts";

const CLIENT = fileURLToPath(new URL("../", import.meta.url));
const WEB = dirname(CLIENT.replace(/\/$/, ""));

/** Creates a session, publishes, joins it and prints what the listener receives. */
const PROGRAM = (library: string): string => `
  import { createClient, decodeJson, encodeJson } from ${JSON.stringify(library)};
  const [config, WebSocket] = [JSON.parse(process.argv[2]), (await import(/* @vite-ignore */ process.argv[3])).WebSocket];
  const client = createClient(config, { token: () => "head.e30.signature", WebSocket });
  const speaker = await client.create({ sourceLanguage: "en", quality: "standard" });
  const listener = await client.join(speaker.sessionId, { targetLanguage: "de" });
  const received = new Promise((resolve) => listener.messages.on((message) => resolve(decodeJson(message))));
  await speaker.publish(encodeJson({ hello: "world" }));
  console.log(JSON.stringify(await received));
  await listener.leave();
  speaker.connection.close();
`;

const CONSUMER = `
  import { createClient, SessionError, type SessionClient, type SpeakerService } from "websocket-sessions";
  const client: SessionClient = createClient({ webSocketUrl: "wss://x", httpUrl: "https://x" });
  export async function start(): Promise<number | undefined> {
    try {
      const speaker: SpeakerService = await client.create({ sourceLanguage: "en", quality: "standard" });
      return await speaker.publish({ data: "hello" });
    } catch (error) {
      return error instanceof SessionError ? error.retryAfterMs : undefined;
    }
  }
`;

let folder = "";
let installed = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "websocket-sessions-consumer-"));
  installed = join(folder, "node_modules", "websocket-sessions");
  mkdirSync(installed, { recursive: true });
  const output = execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: CLIENT });
  const archive = output.toString().trim().split("\n").at(-1) ?? "";
  execFileSync("tar", ["-xzf", join(folder, archive), "--strip-components=1", "-C", installed]);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program in Node against the fake server and returns its output. */
async function run(file: string): Promise<string> {
  const server = await startFakeServer();
  const config = JSON.stringify({ webSocketUrl: server.url, httpUrl: server.httpUrl });
  const ws = join(WEB, "node_modules", "ws", "wrapper.mjs");
  const child = spawn(process.execPath, [file, config, ws], { cwd: folder });
  let output = "";
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  child.stderr.on("data", (data: Buffer) => (output += data.toString()));
  await new Promise((resolve) => child.on("close", resolve));
  return output.trim();
}

describe("the packed library", { timeout: 60_000 }, () => {
  test("runs in Node as it is", async () => {
    const file = join(folder, "program.mjs");
    writeFileSync(file, PROGRAM("websocket-sessions"));
    expect(await run(file)).toBe('{"hello":"world"}');
  });

  test("is a plain module script: it imports nothing but its own files", async () => {
    const core = readdirSync(join(installed, "dist")).filter((name) => name.endsWith(".js"));
    expect(core).toContain("index.js");
    for (const name of core)
      for (const [, specifier] of readFileSync(join(installed, "dist", name), "utf8").matchAll(
        /from "([^"]+)"/g,
      ))
        expect(specifier).toMatch(/^\.\/\w[\w.]*\.js$/);
    const file = join(folder, "plain.mjs");
    writeFileSync(file, PROGRAM("./node_modules/websocket-sessions/dist/index.js"));
    expect(await run(file)).toBe('{"hello":"world"}');
  });

  test("is bundled by esbuild", async () => {
    const [entry, outfile] = [join(folder, "esbuild.mjs"), join(folder, "esbuild.out.mjs")];
    writeFileSync(entry, PROGRAM("websocket-sessions"));
    await buildWithEsbuild({
      entryPoints: [entry],
      outfile,
      bundle: true,
      minify: true,
      format: "esm",
      platform: "browser",
    });
    expect(await run(outfile)).toBe('{"hello":"world"}');
  });

  test("is bundled by Vite", async () => {
    const entry = join(folder, "vite.mjs");
    writeFileSync(entry, PROGRAM("websocket-sessions"));
    await buildWithVite({
      configFile: false,
      root: folder,
      logLevel: "error",
      build: {
        outDir: "vite",
        target: "es2022",
        modulePreload: false,
        rolldownOptions: { input: entry, output: { entryFileNames: "out.mjs" } },
      },
    });
    expect(await run(join(folder, "vite", "out.mjs"))).toBe('{"hello":"world"}');
  });

  test.each([
    ["NodeNext", "NodeNext"],
    ["ESNext", "bundler"],
  ])("has types for a strict consumer with module %s and resolution %s", (module, moduleResolution) => {
    writeFileSync(join(folder, "consumer.ts"), CONSUMER);
    const compilerOptions = {
      module,
      moduleResolution,
      target: "ES2022",
      lib: ["ES2022", "DOM"],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
    const tsc = join(WEB, "node_modules/typescript/bin/tsc");
    execFileSync(process.execPath, [tsc, "-p", folder], { stdio: ["ignore", "inherit", "inherit"] });
  });
});
