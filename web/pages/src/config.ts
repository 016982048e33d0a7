import type { FrontendConfig } from "websocket-sessions";

const REQUIRED = ["webSocketUrl", "httpUrl", "region", "userPoolId", "userPoolClientId"] as const;

/**
 * Loads config.json, the stack's output `frontendConfig`. It is served beside the pages, so that one build
 * serves every stack.
 *
 * @throws Error that names what is wrong with the file.
 */
export async function loadConfig(): Promise<FrontendConfig> {
  const response = await fetch("./config.json", { cache: "no-cache" }).catch(() => {
    throw new Error("The page could not load config.json. Check your network, then reload the page.");
  });
  if (!response.ok)
    throw new Error(`This site is not set up: config.json has the HTTP status ${response.status}.`);
  const config = (await response.json().catch(() => {
    throw new Error("This site is not set up: config.json is invalid JSON.");
  })) as Partial<FrontendConfig>;
  const missing = REQUIRED.filter((key) => typeof config[key] !== "string");
  if (missing.length > 0)
    throw new Error(`This site is not set up: config.json has no ${missing.join(", ")}.`);
  return config as FrontendConfig;
}
