import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";
import { SOURCE_ALIAS } from "../sourceAlias.ts";
import { defaultConfigFile } from "./tools/serveOptions.mjs";

/** Serves the stack's config during development, as tools/serve.mjs does for the built pages. */
const config: Plugin = {
  name: "config.json",
  configureServer(server) {
    server.middlewares.use("/config.json", (_, response) => {
      response.setHeader("Content-Type", "application/json");
      response.end(readFileSync(defaultConfigFile()));
    });
  },
};

const NOT_FOUND = "404.html";

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that a build works under any path.
  base: "./",
  experimental: {
    // But the page for unknown addresses is served at any depth, where a relative address finds nothing.
    renderBuiltUrl: (filename, { hostId }) => (hostId === NOT_FOUND ? `/${filename}` : { relative: true }),
  },
  plugins: [config],
  resolve: { alias: SOURCE_ALIAS },
  server: { host: "127.0.0.1", port: Number(process.env.WEB_PORT ?? 5173), strictPort: true },
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2022",
    // A strict Content-Security-Policy allows no inline script or style, and no data: font or script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ["index.html", "speaker.html", "listener.html", NOT_FOUND] },
  },
});
