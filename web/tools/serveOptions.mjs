import { fileURLToPath } from "node:url";

/** Where `make up` leaves the stack's frontendConfig; CONFIG_JSON names another file. */
export function defaultConfigFile() {
  return (
    process.env.CONFIG_JSON ?? fileURLToPath(new URL("../../.local/frontend-config.json", import.meta.url))
  );
}
