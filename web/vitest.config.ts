import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["tests/{client,audio,pages}/**/*.test.ts"], testTimeout: 20_000 } },
      {
        test: {
          name: "stack",
          include: ["tests/{stack,browser}/**/*.test.ts"],
          testTimeout: 60_000,
          // They share one gateway and its faults.
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
