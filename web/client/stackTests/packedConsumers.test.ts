/** The library as it is packed, in the environments of its consumers, on the deployed functions. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, extname, join } from "node:path";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser, launch } from "../../pages/browserTests/browser.ts";
import { Consumer, WS } from "../packageTests/packedLibrary.ts";
import { cognitoToken } from "../src/auth/cognito.ts";
import { localStack, theStack } from "./localStack.ts";
import { signIn } from "./participants.ts";

/** Creates a session, publishes, joins it, and returns what the listener receives. */
const JOURNEY = `
  export async function journey(createClient, { decodeJson, encodeJson }, config, token, WebSocket) {
    const client = createClient(config, { token: () => token, WebSocket });
    const speaker = await client.create({ sourceLanguage: "en", quality: "standard" });
    const listener = await client.join(speaker.sessionId, { targetLanguage: "de" });
    const received = new Promise((resolve) => listener.messages.on((message) => resolve(decodeJson(message))));
    await speaker.publish(encodeJson({ hello: "world" }));
    const result = JSON.stringify(await received);
    await listener.leave();
    await speaker.end();
    return result;
  }
`;
const IN_NODE = `
  import * as library from "websocket-sessions";
  import { journey } from "./journey.mjs";
  const [config, token, ws] = [JSON.parse(process.argv[2]), process.argv[3], process.argv[4]];
  const WebSocket = ws ? (await import(ws)).WebSocket : undefined;
  console.log(await journey(library.createClient, library, config, token, WebSocket));
`;
/** A page's script; \`library\` is a path in plain modules and the package's name with a bundler. */
const IN_PAGE = (library: string): string => `
  import * as library from ${JSON.stringify(library)};
  import { journey } from "./journey.mjs";
  window.run = (config, token) => journey(library.createClient, library, config, token);
`;
const RESULT = '{"hello":"world"}';

/** A Node of this major version, named by the environment variable NODE_<major>, or the one that runs the tests. */
function findNode(major: number): string | undefined {
  const named = process.env[`NODE_${major}`] ?? process.execPath;
  const version = existsSync(named) ? execFileSync(named, ["--version"]).toString() : "";
  return version.startsWith(`v${major}.`) ? named : undefined;
}

const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
};

/** A folder in which next, react and react-dom are installed: together 340 MB, which is too much for every checkout. */
const NEXT = process.env.NEXT_FOLDER;

/** An application of Next that listens with the hook to a session that its own page creates. */
const NEXT_APP = {
  "package.json": JSON.stringify({ private: true, type: "module" }),
  "next.config.mjs": `
    import { dirname } from "node:path";
    export default { output: "export", turbopack: { root: dirname(import.meta.dirname) } };
  `,
  "app/layout.jsx": `
    export default function Layout({ children }) {
      return <html lang="en"><body>{children}</body></html>;
    }
  `,
  "app/page.jsx": `
    "use client";
    import { useEffect, useState } from "react";
    import { createClient, decodeJson, encodeJson } from "websocket-sessions";
    import { useListener, useSpeaker } from "websocket-sessions/react";

    function Session({ config, token }) {
      const [client] = useState(() => createClient(config, { token: () => token }));
      const [received, setReceived] = useState("");
      const { speaker, create } = useSpeaker(client);
      const { connection } = useListener(client, speaker?.sessionId, {
        onMessage: (message) => setReceived(JSON.stringify(decodeJson(message))),
      });
      useEffect(() => void create({ sourceLanguage: "en", quality: "standard" }), [create]);
      useEffect(() => {
        if (speaker && connection.name === "open") void speaker.publish(encodeJson({ hello: "world" }));
      }, [speaker, connection.name]);
      return <p>{received}</p>;
    }

    export default function Page() {
      const [inputs, setInputs] = useState();
      useEffect(() => void (window.start = setInputs), []);
      return inputs ? <Session {...inputs} /> : null;
    }
  `,
};

/** Serves a folder as a static host does. */
async function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const path = join(folder, pathname.endsWith("/") ? `${pathname}index.html` : pathname);
    if (!existsSync(path)) return response.writeHead(404).end();
    return response
      .writeHead(200, { "Content-Type": TYPES[extname(path)] ?? "text/plain" })
      .end(readFileSync(path));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

describe.skipIf(!localStack)("the packed library on the deployed functions", { timeout: 150_000 }, () => {
  let consumer: Consumer;
  let token = "";

  beforeAll(async () => {
    consumer = new Consumer();
    consumer.write("journey.mjs", JOURNEY);
    await signIn();
    token = (await cognitoToken({ forceRefresh: false })) ?? "";
  }, 120_000);
  afterAll(() => consumer.remove());

  for (const major of [20, 22]) {
    const node = findNode(major);
    if (node === undefined)
      console.warn(`SKIPPED the packed library in Node ${major}: set NODE_${major} to its executable`);
    test.skipIf(node === undefined)(`runs in Node ${major}`, async () => {
      const file = consumer.write("program.mjs", IN_NODE);
      // Node 22 has a global WebSocket; Node 20 needs a class.
      const ws = major < 22 ? [WS] : [];
      const config = JSON.stringify(theStack().config);
      expect(await consumer.run(node ?? "", file, config, token, ...ws)).toBe(RESULT);
    });
  }

  describe.skipIf(!hasBrowser)("in Chromium", () => {
    let browser: Browser;
    let server: Server;

    beforeAll(async () => {
      browser = await launch();
      server = await serve(consumer.folder);
    }, 60_000);
    afterAll(async () => {
      await browser.close();
      server.close();
    });

    /** Opens a page of the consumer and runs its journey. */
    async function runIn(path: string): Promise<unknown> {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`);
      await page.waitForFunction("typeof window.run === 'function'");
      const result = await page.evaluate(
        `run(${JSON.stringify(theStack().config)}, ${JSON.stringify(token)})`,
      );
      await page.close();
      return result;
    }

    const html = (script: string): string =>
      `<!doctype html><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`;

    test('runs as <script type="module">, without a bundler', async () => {
      consumer.write("plain.mjs", IN_PAGE("./node_modules/websocket-sessions/dist/index.js"));
      consumer.write("plain.html", html("./plain.mjs"));
      expect(await runIn("plain.html")).toBe(RESULT);
    });

    test("runs in a build by Vite", async () => {
      consumer.write("vite.mjs", IN_PAGE("websocket-sessions"));
      const input = consumer.write("vite.html", html("./vite.mjs"));
      const outDir = join(consumer.folder, "vite-dist");
      await build({
        configFile: false,
        root: consumer.folder,
        base: "./",
        logLevel: "error",
        build: { outDir, rolldownOptions: { input } },
      });
      expect(await runIn("vite-dist/vite.html")).toBe(RESULT);
    });

    if (NEXT === undefined)
      console.warn(
        "SKIPPED the packed library in Next: set NEXT_FOLDER to a folder with next, react and react-dom",
      );
    test.skipIf(NEXT === undefined)(
      "runs in a build by Next, with the hooks",
      async () => {
        const app = mkdtempSync(join(NEXT ?? "", "consumer-"));
        try {
          cpSync(consumer.library, join(app, "node_modules", "websocket-sessions"), { recursive: true });
          for (const [name, text] of Object.entries(NEXT_APP)) {
            mkdirSync(dirname(join(app, name)), { recursive: true });
            writeFileSync(join(app, name), text);
          }
          const environment = {
            ...process.env,
            NODE_ENV: "production",
            NEXT_TELEMETRY_DISABLED: "1",
          } as const;
          const next = join(NEXT ?? "", "node_modules/next/dist/bin/next");
          execFileSync(process.execPath, [next, "build"], { cwd: app, env: environment, stdio: "pipe" });
          const pages = await serve(join(app, "out"));
          const page = await browser.newPage();
          await page.goto(`http://127.0.0.1:${(pages.address() as AddressInfo).port}/`);
          const inputs = { config: theStack().config, token };
          await page.waitForFunction("typeof window.start === 'function'");
          await page.evaluate(`start(${JSON.stringify(inputs)})`);
          await page.getByText(RESULT).waitFor();
          await page.close();
          pages.close();
        } finally {
          rmSync(app, { recursive: true, force: true });
        }
      },
      400_000,
    );
  });
});
