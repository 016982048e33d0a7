import type { Language } from "../protocol.generated.ts";

/** The stack's output `frontendConfig`, which lies beside the pages, so that one build serves every stack. */
export interface FrontendConfig {
  readonly webSocketUrl: string;
  readonly httpUrl: string;
  readonly region: string;
  readonly userPoolId: string;
  readonly userPoolClientId: string;
  readonly cognitoEndpoint?: string;
  /** The stack's setting of that name. */
  readonly supportedLanguages?: readonly Language[];
}

const REQUIRED = ["webSocketUrl", "httpUrl", "region", "userPoolId", "userPoolClientId"] as const;

/** @throws Error that says what is wrong with the file. */
export async function loadConfig(): Promise<FrontendConfig> {
  const response = await fetch("./config.json", { cache: "no-cache" });
  if (!response.ok) throw new Error(`This site is not set up: config.json answers ${response.status}.`);
  const config = (await response.json()) as Partial<FrontendConfig>;
  const missing = REQUIRED.filter((key) => typeof config[key] !== "string");
  if (missing.length > 0)
    throw new Error(`This site is not set up: config.json has no ${missing.join(", ")}.`);
  return config as FrontendConfig;
}
