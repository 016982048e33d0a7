import { fileURLToPath } from "node:url";

/** Returns the file in which `make up` writes the stack's frontendConfig; CONFIG_JSON names another one. */
export function defaultConfigFile() {
  return (
    process.env.CONFIG_JSON ?? fileURLToPath(new URL("../../../.local/frontend-config.json", import.meta.url))
  );
}
