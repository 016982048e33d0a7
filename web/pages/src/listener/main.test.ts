import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";
import { afterAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { FakeEventApi } from "../../../client/testSupport/fakeEventApi.ts";
import { FakeServer } from "../../../client/testSupport/fakeServer.ts";
import { error } from "../../../client/testSupport/fakeSession.ts";
import { NodeWebSocket } from "../../../client/testSupport/harness.ts";
import { chunkOf, FakeAudio, FakeMediaSource } from "../../testSupport/fakeMedia.ts";
import { toBase64 } from "../audio/base64.ts";
import { WEBM_OPUS } from "../audio/webmRecording.ts";
import { byId } from "../dom.ts";

const SESSION = "caring-king-275";
const OTHER = "fine-mint-605";

/** Answers the page's look-up of a session. */
let lookUp: (signal: AbortSignal) => Promise<Response>;

const server = await FakeServer.start();
const audio = new FakeAudio();
const { window } = new JSDOM(readFileSync(new URL("../../listener.html", import.meta.url)), {
  url: `http://127.0.0.1/listener.html?session=${SESSION}`,
});
const { document, location, history } = window;
Object.defineProperties(window.HTMLMediaElement.prototype, {
  play: { value: async () => audio.play() },
  pause: { value: () => audio.pause() },
  buffered: { get: () => audio.buffered },
});
const config = {
  webSocketUrl: server.url,
  httpUrl: server.httpUrl,
  region: "eu-central-1",
  userPoolId: "eu-central-1_0",
  userPoolClientId: "0",
};
const OF_THE_PAGE = [
  ...(["window", "document", "location", "history", "navigator", "localStorage", "Option"] as const),
  ...(["HTMLElement", "HTMLInputElement", "HTMLSelectElement", "HTMLFormElement"] as const),
  ...(["HTMLButtonElement", "HTMLAudioElement"] as const),
];
for (const name of OF_THE_PAGE) vi.stubGlobal(name, window[name]);
vi.stubGlobal("MediaSource", FakeMediaSource);
vi.stubGlobal("WebSocket", NodeWebSocket);
vi.stubGlobal("fetch", async (url: string, { signal }: { signal: AbortSignal }) =>
  url === "./config.json" ? Response.json(config) : lookUp(signal),
);
vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:");
const session = (): HTMLInputElement => byId("session", HTMLInputElement);

/** Resolves with the field's value at the moment at which the form appears. */
const valueAtFirst = new Promise<string>((resolve) => {
  const form = byId("join");
  const observer = new window.MutationObserver(() => {
    if (!form.hidden) resolve(session().value);
  });
  observer.observe(form, { attributeFilter: ["hidden"] });
});
// The page starts when it is loaded.
await import("./main.ts");

afterAll(async () => server.stop());

/** Waits until the page shows an element. */
async function shows(id: string): Promise<void> {
  await expect.poll(() => byId(id).hidden).toBe(false);
}

async function open(link: string): Promise<void> {
  const opened = new Promise((resolve) => window.addEventListener("hashchange", resolve, { once: true }));
  location.hash = link;
  await opened;
}

const found = async (): Promise<Response> => Promise.resolve(Response.json({}));

async function join(): Promise<void> {
  lookUp = found;
  byId("join-button").click();
  await shows("listening");
}

beforeEach(async () => shows("join"));

test("the form appears with the link's session, so that none is filled in over what a person types", async () => {
  expect(await valueAtFirst).toBe(SESSION);
});

test("a link is offered in place of the session that the query names", async () => {
  expect(session().value).toBe(SESSION);
  await open(`#${OTHER}`);
  expect(session().value).toBe(OTHER);
  expect(location.search).toBe("");
});

test("the address of a joined session has no query, which could name another one", async () => {
  history.replaceState(null, "", `?session=${OTHER}`);
  session().value = SESSION;
  await join();
  await expect.poll(() => location.href).toBe(`http://127.0.0.1/listener.html#${SESSION}`);
  byId("leave").click();
  await shows("join");
});

test("the page follows the offer of the audience's channel, and leaves it with the session", async () => {
  const api = await FakeEventApi.start();
  server.session.eventApi = api;
  onTestFinished(async () => {
    server.session.eventApi = undefined;
    await api.stop();
  });
  session().value = SESSION;
  await join();
  await expect.poll(() => server.session.onChannel.size).toBe(1);
  byId("leave").click();
  await shows("join");
  await expect.poll(() => api.openConnections).toEqual([]);
});

test("the alert shows that a language is refused if the page offers no choice of it", async () => {
  lookUp = found;
  server.fault = ({ action, requestId }) =>
    action === "joinSession" ? { reply: error("UNSUPPORTED_LANGUAGE", requestId) } : undefined;
  onTestFinished(() => {
    server.fault = () => undefined;
  });
  byId("join-button").click();
  await expect.poll(() => byId("alert").textContent).toMatch(/^This language is unavailable here/);
  expect(byId("alert").hidden).toBe(false);
  expect(document.getElementById("language-error")).toBeNull();
});

test("a link that is opened during a join ends the join and offers its session", async () => {
  let isAborted = false;
  lookUp = async (signal) =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        isAborted = true;
        reject(signal.reason as Error);
      });
    });
  byId("join-button").click();
  await shows("cancel");
  await open(`#${OTHER}`);
  await expect.poll(() => byId("cancel").hidden).toBe(true);
  expect(isAborted).toBe(true);
  expect(session().value).toBe(OTHER);
  expect(byId("join").hidden).toBe(false);
  expect(byId("alert").textContent).toBe("");
});

test("a link that is opened after a failed join removes the error of the former session", async () => {
  lookUp = async () => Promise.resolve(new Response("", { status: 404 }));
  byId("join-button").click();
  await expect.poll(() => byId("session-error").textContent).toMatch(/no session with this id/);
  await open(`#${SESSION}`);
  expect(document.getElementById("session-error")).toBeNull();
  expect(byId("session").hasAttribute("aria-invalid")).toBe(false);
});

test("a link that is opened while the end is played out offers its session", async () => {
  await join();
  FakeMediaSource.opened.at(-1)?.open(audio);
  const chunk = toBase64(chunkOf({ seconds: 10 }));
  server.session.append(chunk, { contentType: WEBM_OPUS, encoding: "base64" });
  await expect.poll(() => byId("status").textContent).toBe("Live");
  server.connections.at(-1)?.push(server.session.end("ended"));
  await expect.poll(() => byId("status").textContent).toBe("Ended");
  expect(byId("listening").hidden).toBe(false);
  await open(`#${OTHER}`);
  await shows("join");
  expect(byId("ended").hidden).toBe(true);
  expect(session().value).toBe(OTHER);
});
