import { defineConfig } from "vitest/config";
import { SOURCE_ALIAS } from "./sourceAlias.ts";

/** Measures the pages' latency: `npm run latency`, while a local stack runs. It is not part of the tests. */
export default defineConfig({
  resolve: { alias: SOURCE_ALIAS },
  test: {
    include: ["pages/latency/*.measure.ts"],
    globalSetup: "pages/browserTests/builtPages.ts",
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
});
