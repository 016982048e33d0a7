import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { build as buildWithEsbuild } from "esbuild";
import { build as buildWithVite } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isOnChannel, startServers } from "../testSupport/channelHarness.ts";
import { startFakeServer } from "../testSupport/harness.ts";
import { Consumer, WEB, WS } from "./packedLibrary.ts";

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

/** Joins a session whose messages come on the audience's channel, and prints the first one. */
const CHANNEL_PROGRAM = `
  import { createClient } from "websocket-sessions";
  import { appSyncEvents } from "websocket-sessions/channel";
  const [config, WebSocket] = [JSON.parse(process.argv[2]), (await import(process.argv[3])).WebSocket];
  const client = createClient(config, { WebSocket, channel: appSyncEvents() });
  const listener = await client.join("caring-king-275", { targetLanguage: "de" });
  const received = new Promise((resolve) => listener.messages.on(resolve));
  console.log((await received).data);
  await listener.leave();
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

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");
/** The code blocks of the README. */
const BLOCKS = [...README.matchAll(/^```(tsx?)\n(.*?)^```$/gms)].map(([, kind = "", code = ""], index) => ({
  name: `recipe${index + 1}.${kind}`,
  code,
}));

/** The reader's own files that the recipes import. */
const FILES = {
  "frontendConfig.json": JSON.stringify({ webSocketUrl: "wss://x", httpUrl: "https://x" }),
  "signIn.ts": "export const accessToken = async (): Promise<string> => Promise.resolve('');",
  "player.ts": `
    import type { ContentMessage } from "websocket-sessions";
    export function play(_message: ContentMessage): void {}
  `,
};

let consumer: Consumer;

beforeAll(() => {
  consumer = new Consumer();
}, 120_000);
afterAll(() => consumer.remove());

/** Runs a program in Node against the fake server and returns its output. */
async function run(file: string): Promise<string> {
  const server = await startFakeServer();
  const config = JSON.stringify({ webSocketUrl: server.url, httpUrl: server.httpUrl });
  return consumer.run(process.execPath, file, config, WS);
}

describe("the packed library", { timeout: 180_000 }, () => {
  test("runs in Node as it is", async () => {
    expect(await run(consumer.write("program.mjs", PROGRAM("websocket-sessions")))).toBe('{"hello":"world"}');
  });

  test("receives on the audience's channel with the entry point for it", async () => {
    const { server, api } = await startServers();
    const config = JSON.stringify({ webSocketUrl: server.url, httpUrl: server.httpUrl });
    const program = consumer.write("channel.mjs", CHANNEL_PROGRAM);
    const output = consumer.run(process.execPath, program, config, WS);
    await isOnChannel(server);
    server.session.append("on the channel");
    expect(await output).toBe("on the channel");
    expect(api.handshakes.length).toBe(1);
  });

  test("is a plain module script: it imports nothing but its own files", async () => {
    const core = readdirSync(join(consumer.library, "dist")).filter((name) => name.endsWith(".js"));
    expect(core).toContain("index.js");
    for (const name of core)
      for (const [, specifier] of readFileSync(join(consumer.library, "dist", name), "utf8").matchAll(
        /from "([^"]+)"/g,
      ))
        expect(specifier).toMatch(/^\.\/\w[\w.]*\.js$/);
    const program = PROGRAM("./node_modules/websocket-sessions/dist/index.js");
    expect(await run(consumer.write("plain.mjs", program))).toBe('{"hello":"world"}');
  });

  test("is bundled by esbuild", async () => {
    const entry = consumer.write("esbuild.mjs", PROGRAM("websocket-sessions"));
    const outfile = join(consumer.folder, "esbuild.out.mjs");
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
    const entry = consumer.write("vite.mjs", PROGRAM("websocket-sessions"));
    await buildWithVite({
      configFile: false,
      root: consumer.folder,
      logLevel: "error",
      build: {
        outDir: "vite",
        target: "es2022",
        modulePreload: false,
        rolldownOptions: { input: entry, output: { entryFileNames: "out.mjs" } },
      },
    });
    expect(await run(join(consumer.folder, "vite", "out.mjs"))).toBe('{"hello":"world"}');
  });

  test.each([
    ["NodeNext", "NodeNext"],
    ["ESNext", "bundler"],
  ])("has types for a strict consumer with module %s and resolution %s", (module, moduleResolution) => {
    consumer.write("consumer.ts", CONSUMER);
    compile({ module, moduleResolution, lib: ["ES2022", "DOM"], types: [] }, ["consumer.ts"]);
  });

  test("compiles each code block of the README", () => {
    for (const name of ["@types", "csstype", "react", "ws"])
      symlinkSync(join(WEB, "node_modules", name), join(consumer.folder, "node_modules", name));
    for (const [name, text] of Object.entries(FILES)) consumer.write(name, text);
    for (const { name, code } of BLOCKS) consumer.write(name, code);
    expect(BLOCKS.length).toBeGreaterThanOrEqual(5);
    compile(
      { module: "NodeNext", lib: ["ES2023", "DOM"], types: ["node"], jsx: "react-jsx", skipLibCheck: true },
      BLOCKS.map(({ name }) => name),
    );
  });
});

/** Compiles files of the consumer in strict mode; fails with the compiler's output. */
function compile(options: object, files: string[]): void {
  const compilerOptions = {
    target: "ES2022",
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    resolveJsonModule: true,
    noEmit: true,
    ...options,
  };
  consumer.write("tsconfig.json", JSON.stringify({ compilerOptions, files }));
  const tsc = join(WEB, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", consumer.folder], { stdio: ["ignore", "inherit", "inherit"] });
}
