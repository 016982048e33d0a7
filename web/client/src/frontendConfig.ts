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
  /**
   * Whether a hook processes the messages. If true, the listener page offers a choice of language. A site whose
   * speakers publish with `targetLanguages` can serve true without a hook.
   */
  readonly hasHook?: boolean;
  /** Whether users create their own accounts; undefined for a user pool that the stack did not create. */
  readonly selfSignUp?: boolean;
  /** Whether a user who forgot the password gets a code by e-mail; undefined as `selfSignUp`. */
  readonly passwordReset?: boolean;
}
