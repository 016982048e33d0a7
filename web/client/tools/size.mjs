/** Fails when the client library is larger than its budget: minified, gzipped, with nothing of the pages. */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const ENTRY = fileURLToPath(new URL("../src/index.ts", import.meta.url));
const BUDGET_BYTES = 8 * 1024;

const result = await build({
  configFile: false,
  logLevel: "silent",
  build: {
    write: false,
    modulePreload: false,
    rolldownOptions: { input: ENTRY, preserveEntrySignatures: "strict" },
  },
});
const [output] = [result].flat();
if (!output || !("output" in output)) throw new Error("The build gave no output.");
const code = output.output.map((chunk) => (chunk.type === "chunk" ? chunk.code : "")).join("");
const size = gzipSync(code, { level: 9 }).length;
console.log(`client library: ${size} bytes gzipped (${code.length} minified), budget ${BUDGET_BYTES}`);
if (size > BUDGET_BYTES) process.exitCode = 1;
