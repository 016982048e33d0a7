/**
 * Serves the built pages on this machine, with the stack's config and the headers of the hosted site.
 *
 *   node tools/serve.mjs [--port 5173] [--config FILE] [--root dist]
 *
 * WEB_PORT and CONFIG_JSON set the same options. Prints its address when it is ready; stops at SIGTERM or SIGINT.
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { securityHeaders } from "./securityHeaders.mjs";
import { defaultConfigFile } from "./serveOptions.mjs";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: process.env.WEB_PORT ?? "5173" },
    config: { type: "string", default: defaultConfigFile() },
    root: { type: "string", default: fileURLToPath(new URL("../../dist", import.meta.url)) },
  },
});
const root = resolve(values.root);

/** @type {Readonly<Record<string, string>>} */
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

/** @param {string} path @returns {string | undefined} the file; undefined for a path outside the root */
function fileOf(path) {
  if (path === "/config.json") return resolve(values.config);
  const file = resolve(root, `.${path.endsWith("/") ? `${path}index.html` : path}`);
  return file.startsWith(root + sep) ? file : undefined;
}

const server = createServer((request, response) => {
  void (async () => {
    try {
      const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
      const file = fileOf(path);
      if (file === undefined || !["GET", "HEAD"].includes(request.method ?? "")) throw new Error("Not found");
      const body = await readFile(file);
      response.writeHead(200, {
        "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
        "Cache-Control": "no-cache",
        ...securityHeaders(await readFile(values.config, "utf8").catch(() => "{}")),
      });
      response.end(request.method === "HEAD" ? undefined : body);
    } catch {
      const page = await readFile(resolve(root, "404.html")).catch(() => "Not found\n");
      response.writeHead(404, { "Content-Type": TYPES[".html"] }).end(page);
    }
  })();
});

server.on("error", (error) => {
  console.error(`Cannot serve the pages: ${error.message}`);
  process.exit(1);
});
server.listen(Number(values.port), "127.0.0.1", () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === "object" && address ? address.port : values.port}/`);
});
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => process.exit(0));
