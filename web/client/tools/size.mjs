/** Fails if a part of the client library exceeds its budget: bundled with its imports, minified, gzipped. */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const INDEX = JSON.stringify(fileURLToPath(new URL("../src/index.ts", import.meta.url)));
const PARTS = [
  {
    name: "speaker and listener",
    exports: "SessionCreationOrchestrator, ListenerService",
    budgetBytes: 10 * 1024,
  },
  { name: "listener alone", exports: "ListenerService", budgetBytes: 8.5 * 1024 },
];

/** @param {string} source @returns {Promise<string>} the minified bundle */
export async function bundle(source) {
  const result = await build({
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

for (const { name, exports, budgetBytes } of PARTS) {
  const code = await bundle(`export { ${exports} } from ${INDEX};`);
  const size = gzipSync(code, { level: 9 }).length;
  console.log(`${name}: ${size} bytes gzipped (${code.length} minified), budget ${budgetBytes}`);
  if (size > budgetBytes) process.exitCode = 1;
  if (process.argv.includes("--print")) console.log(code);
}
