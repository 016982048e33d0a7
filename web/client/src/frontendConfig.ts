import type { Language } from "./protocol.generated.ts";

/** The stack's output `frontendConfig`: all that a frontend needs. */
export interface FrontendConfig {
  readonly webSocketUrl: string;
  readonly httpUrl: string;
  readonly region: string;
  readonly userPoolId: string;
  readonly userPoolClientId: string;
  /** The user pool's endpoint, for a stack whose Cognito is not AWS's own. */
  readonly cognitoEndpoint?: string;
  /** The stack's setting of that name. */
  readonly supportedLanguages?: readonly Language[];
}
