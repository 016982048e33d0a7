import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { startUntil, stop, which } from "./processes.ts";
import type { RemoteBrowser, RemotePage } from "./remotePage.ts";

const FIREFOX = process.env.FIREFOX ?? which("firefox-esr") ?? which("firefox");
const PULSEAUDIO = which("pulseaudio");

/** The reason why Firefox cannot be driven; undefined if it can. Without an audio server it plays nothing. */
export const firefoxMissing = !FIREFOX
  ? "Firefox is not installed"
  : PULSEAUDIO
    ? undefined
    : "Firefox needs an audio server, and pulseaudio is not installed";

/** A fake microphone without a question, sound without a click, WebDriver BiDi, and no background activity. */
const PREFERENCES = {
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.autoplay.default": 0,
  "remote.active-protocols": 1,
  "app.update.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "toolkit.telemetry.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
};

interface Reply {
  readonly id?: number;
  readonly type: "success" | "error" | "event";
  readonly result?: unknown;
  readonly message?: string;
}

/** A connection that speaks WebDriver BiDi (https://w3c.github.io/webdriver-bidi/). */
class BiDiConnection {
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, (reply: Reply) => void>();
  #lastId = 0;

  static async open(url: string): Promise<BiDiConnection> {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    return new BiDiConnection(socket);
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) => {
      const reply = JSON.parse(data.toString()) as Reply;
      if (reply.id !== undefined) this.#pending.get(reply.id)?.(reply);
    });
  }

  /** Runs a command. Throws its message if it fails. */
  async run<Result>(method: string, params: object = {}): Promise<Result> {
    const id = ++this.#lastId;
    const reply = await new Promise<Reply>((resolve) => {
      this.#pending.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
    this.#pending.delete(id);
    if (reply.type === "error") throw new Error(`${method}: ${reply.message ?? ""}`);
    return reply.result as Result;
  }

  close(): void {
    this.#socket.terminate();
  }
}

interface Evaluated {
  readonly type: "success" | "exception";
  readonly result?: { readonly value?: string };
  readonly exceptionDetails?: { readonly text: string };
}

/** Starts Firefox with a sound card of its own, which nobody hears. */
export async function startFirefox(): Promise<RemoteBrowser> {
  const folder = mkdtempSync(join(tmpdir(), "websocket-sessions-firefox-"));
  const env = { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder, PULSE_SERVER: `unix:${folder}/sound` };
  const { process: sound } = await startUntil(
    PULSEAUDIO ?? "",
    [
      "-n",
      "--daemonize=no",
      "--exit-idle-time=-1",
      "--log-level=info",
      "--load=module-null-sink",
      `--load=module-native-protocol-unix socket=${folder}/sound auth-anonymous=1`,
    ],
    /Daemon startup complete/,
    env,
  );
  const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref("${name}", ${String(value)});`);
  writeFileSync(join(folder, "user.js"), lines.join("\n"));
  const options = ["--headless", "--no-remote", "--profile", folder, "--remote-debugging-port", "0"];
  const ready = /WebDriver BiDi listening on (ws:\S+)/;
  const { process: firefox, match } = await startUntil(FIREFOX ?? "", options, ready, env);
  const connection = await BiDiConnection.open(`${match[1] ?? ""}/session`);
  await connection.run("session.new", { capabilities: {} });
  return {
    open: async () => openPage(connection),
    close: async () => {
      connection.close();
      await Promise.all([stop(firefox), stop(sound)]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function openPage(connection: BiDiConnection): Promise<RemotePage> {
  const { context } = await connection.run<{ context: string }>("browsingContext.create", { type: "window" });
  return {
    goto: async (url) => connection.run("browsingContext.navigate", { context, url, wait: "complete" }),
    evaluate: async <Result>(body: string) => {
      const evaluated = await connection.run<Evaluated>("script.callFunction", {
        functionDeclaration: `async () => JSON.stringify(await (async () => { ${body} })())`,
        awaitPromise: true,
        target: { context },
        userActivation: true,
      });
      if (evaluated.type === "exception") throw new Error(evaluated.exceptionDetails?.text);
      return JSON.parse(evaluated.result?.value ?? "null") as Result;
    },
    close: async () => connection.run("browsingContext.close", { context }),
  };
}
