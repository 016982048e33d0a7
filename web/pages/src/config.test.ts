import { afterEach, expect, test, vi } from "vitest";
import { loadConfig } from "./config.ts";

afterEach(() => vi.unstubAllGlobals());

test.each([
  ["offline", async () => Promise.reject(new TypeError("Failed to fetch")), /could not load config\.json/],
  ["missing", async () => Promise.resolve(new Response("", { status: 404 })), /has the HTTP status 404/],
  ["an error page", async () => Promise.resolve(new Response("<html>")), /is invalid JSON/],
  ["incomplete", async () => Promise.resolve(Response.json({ region: "x" })), /has no webSocketUrl, httpUrl/],
] as const)("a config.json that is %s is explained", async (_, answer, text) => {
  vi.stubGlobal("fetch", answer);
  await expect(loadConfig()).rejects.toThrow(text);
});
