/**
 * Prints the sizes of the client library and of its peers: bundled with their imports, minified, gzipped.
 * Fails if a part of the library exceeds its budget.
 */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const INDEX = fileURLToPath(new URL("../src/index.ts", import.meta.url));
const CHANNEL = fileURLToPath(new URL("../src/channel/appSyncEvents.ts", import.meta.url));
const PARTS = [
  { name: "createClient", exports: "createClient", from: INDEX, budgetBytes: 8_000 },
  { name: "ListenerService alone", exports: "ListenerService", from: INDEX, budgetBytes: 6_000 },
  { name: "appSyncEvents", exports: "appSyncEvents", from: CHANNEL, budgetBytes: 2_000 },
  { name: "partysocket", exports: "WebSocket", from: "partysocket" },
  { name: "graphql-ws, createClient", exports: "createClient", from: "graphql-ws" },
  { name: "centrifuge", exports: "Centrifuge", from: "centrifuge" },
  { name: "ably, Realtime", exports: "Realtime", from: "ably" },
  {
    name: "ably, modular",
    exports: "BaseRealtime, WebSocketTransport, FetchRequest",
    from: "ably/modular",
  },
];

/** @param {string} source @returns {Promise<string>} the minified bundle */
export async function bundle(source) {
  const result = await build({
    root: fileURLToPath(new URL("../", import.meta.url)),
    configFile: false,
    logLevel: "silent",
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === "virtual:entry" ? id : undefined),
        load: (id) => (id === "virtual:entry" ? source : undefined),
      },
    ],
    build: {
      write: false,
      modulePreload: false,
      target: "es2022",
      rolldownOptions: { input: "virtual:entry", preserveEntrySignatures: "strict" },
    },
  });
  const [output] = [result].flat();
  if (!output || !("output" in output)) throw new Error("The build returned no output.");
  return output.output.map((chunk) => (chunk.type === "chunk" ? chunk.code : "")).join("");
}

for (const { name, exports, from, budgetBytes } of PARTS) {
  const code = await bundle(`export { ${exports} } from ${JSON.stringify(from)};`);
  const size = gzipSync(code, { level: 9 }).length;
  const budget = budgetBytes === undefined ? "" : `, budget ${budgetBytes}`;
  console.log(`${name}: ${size} bytes gzipped (${code.length} minified)${budget}`);
  if (budgetBytes !== undefined && size > budgetBytes) process.exitCode = 1;
  if (process.argv.includes("--print")) console.log(code);
}
