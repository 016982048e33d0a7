import { defineConfig } from "vitest/config";
import { SOURCE_ALIAS } from "./sourceAlias.ts";

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias: SOURCE_ALIAS },
        test: {
          name: "unit",
          include: ["client/{src,packageTests}/**/*.test.ts", "pages/{src,tools}/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Ends as soon as the condition holds; allows for a busy machine.
          expect: { poll: { timeout: 15_000, interval: 10 } },
          // Concurrent tests wait for a network's faults, not for the processor.
          maxConcurrency: 20,
        },
      },
      {
        resolve: { alias: SOURCE_ALIAS },
        test: {
          name: "stack",
          include: ["client/stackTests/**/*.test.ts", "pages/browserTests/**/*.test.ts"],
          globalSetup: "pages/browserTests/builtPages.ts",
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 45_000, interval: 100 } },
          // These tests share one gateway and its faults.
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
