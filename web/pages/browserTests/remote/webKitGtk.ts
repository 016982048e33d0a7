import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { freePort, startUntil, stop, which } from "./processes.ts";
import type { RemoteBrowser, RemotePage } from "./remotePage.ts";

/** Where distributions install WebKitGTK's own browser. */
const MINI_BROWSER = [
  process.env.MINI_BROWSER ?? "",
  "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
  "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
  "/usr/libexec/webkit2gtk-4.1/MiniBrowser",
].find(existsSync);
const DRIVER = which("WebKitWebDriver");
const DISPLAY_SERVER = which("Xvfb");

/** The reason why WebKitGTK cannot be driven; undefined if it can. */
export const webKitGtkMissing =
  MINI_BROWSER && DRIVER
    ? DISPLAY_SERVER
      ? undefined
      : "WebKitGTK needs a display, and Xvfb is not installed"
    : "WebKitGTK's MiniBrowser and WebKitWebDriver are not installed";

const OPTIONS = [
  "--automation",
  "--private",
  "--enable-mock-capture-devices=true",
  "--autoplay-policy=allow",
];

/** @param options further options of the browser. */
export async function startWebKitGtk(...options: string[]): Promise<RemoteBrowser> {
  // The server prints the number of its display.
  const displayOptions = ["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"];
  const { process: display, match } = await startUntil(DISPLAY_SERVER ?? "", displayOptions, /(\d+)\n/);
  const env = { ...process.env, DISPLAY: `:${match[1] ?? ""}` };
  const pages = new Set<RemotePage>();
  return {
    open: async () => {
      const page = await openPage(env, options, () => pages.delete(page));
      pages.add(page);
      return page;
    },
    close: async () => {
      await Promise.all([...pages].map(async (page) => page.close()));
      await stop(display);
    },
  };
}

/** Opens a page in a browser of its own: the driver runs one at a time (https://www.w3.org/TR/webdriver2/). */
async function openPage(
  env: NodeJS.ProcessEnv,
  options: readonly string[],
  onClosed: () => void,
): Promise<RemotePage> {
  const port = await freePort();
  const driver = await startDriver(port, env);
  const run = async <Result>(method: string, path: string, body?: object): Promise<Result> => {
    const response = await fetch(`http://127.0.0.1:${port}/session${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
    });
    const { value } = (await response.json()) as { value: Result & { message?: string } };
    if (!response.ok) throw new Error(`${method} ${path}: ${value.message ?? ""}`);
    return value;
  };
  const browserOptions = { binary: MINI_BROWSER, args: [...OPTIONS, ...options] };
  const alwaysMatch = { "webkitgtk:browserOptions": browserOptions, timeouts: { script: 60_000 } };
  const { sessionId } = await run<{ sessionId: string }>("POST", "", { capabilities: { alwaysMatch } });
  return {
    goto: async (url) => {
      await run("POST", `/${sessionId}/url`, { url });
    },
    evaluate: async <Result>(body: string) => {
      const script = `const done = arguments[arguments.length - 1];
        (async () => { ${body} })().then(
          (value) => done({ value: JSON.stringify(value) }), (error) => done({ error: String(error) }));`;
      const { value, error } = await run<{ value?: string; error?: string }>(
        "POST",
        `/${sessionId}/execute/async`,
        { script, args: [] },
      );
      if (error !== undefined) throw new Error(error);
      return JSON.parse(value ?? "null") as Result;
    },
    close: async () => {
      await run("DELETE", `/${sessionId}`).finally(async () => stop(driver));
      onClosed();
    },
  };
}

async function startDriver(port: number, env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const driver = spawn(DRIVER ?? "", [`--port=${port}`], { stdio: "ignore", env });
  for (;;) {
    if (driver.exitCode !== null) throw new Error(`WebKitWebDriver ended with code ${driver.exitCode}.`);
    const isReady = await fetch(`http://127.0.0.1:${port}/status`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return driver;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
