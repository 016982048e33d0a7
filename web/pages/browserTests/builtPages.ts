import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder of the built pages. */
    builtPages: string;
  }
}

/** Builds the pages once for all test files, as `make up` does, and removes them at the end. */
export default async function buildPages(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "websocket-sessions-pages-"));
  await build({
    root: fileURLToPath(new URL("../", import.meta.url)),
    logLevel: "error",
    build: { outDir: folder, emptyOutDir: true },
  });
  project.provide("builtPages", folder);
  return () => rmSync(folder, { recursive: true });
}
