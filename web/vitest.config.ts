import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["client/src/**/*.test.ts", "pages/{src,tools}/**/*.test.ts"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "stack",
          include: ["client/stackTests/**/*.test.ts", "pages/browserTests/**/*.test.ts"],
          testTimeout: 60_000,
          // These tests share one gateway and its faults.
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
