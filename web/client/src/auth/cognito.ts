/**
 * Sign-in with Cognito by SRP: the password never leaves the page.
 *
 * It uses Amplify's auth category, which is several times the size of the client library: load it on demand.
 * Amplify stores the tokens in the browser's local storage.
 */
import {
  AuthError,
  confirmSignIn,
  fetchAuthSession,
  getCurrentUser,
  signIn,
  signOut,
} from "@aws-amplify/auth";
import { cognitoUserPoolsTokenProvider } from "@aws-amplify/auth/cognito";
import { Amplify } from "@aws-amplify/core";
import { SessionError, type TokenProvider } from "../index.ts";

export interface CognitoConfig {
  readonly userPoolId: string;
  readonly userPoolClientId: string;
  /** The user pool's endpoint, if it is not AWS's own. */
  readonly cognitoEndpoint?: string;
}

/** The next step of a sign-in: none, or a new password in place of the temporary one. */
export type SignInStep = "done" | "newPassword";

export function configureCognito({ userPoolId, userPoolClientId, cognitoEndpoint }: CognitoConfig): void {
  const userPool = { userPoolId, userPoolClientId };
  const auth = {
    Cognito: cognitoEndpoint === undefined ? userPool : { ...userPool, userPoolEndpoint: cognitoEndpoint },
  };
  cognitoUserPoolsTokenProvider.setAuthConfig(auth);
  Amplify.configure({ Auth: auth }, { Auth: { tokenProvider: cognitoUserPoolsTokenProvider } });
}

export interface User {
  /** Cognito's subject, which identifies the user permanently. */
  readonly id: string;
  /** The name with which the user signed in. */
  readonly name: string;
}

/** Returns the signed-in user; undefined if no user is signed in. A sign-in holds in every tab and after a reload. */
export async function currentUser(): Promise<User | undefined> {
  return getCurrentUser().then(
    ({ userId, username, signInDetails }) => ({ id: userId, name: signInDetails?.loginId ?? username }),
    () => undefined,
  );
}

/** @throws SessionError: UNAUTHORIZED for a wrong name or password, UNAVAILABLE if Cognito is unavailable. */
export async function signInWith(username: string, password: string): Promise<SignInStep> {
  return toStep(signIn({ username, password, options: { authFlowType: "USER_SRP_AUTH" } }));
}

export async function chooseNewPassword(password: string): Promise<SignInStep> {
  return toStep(confirmSignIn({ challengeResponse: password }));
}

export async function signOutHere(): Promise<void> {
  await signOut();
}

/** Returns the access token, refreshed by Cognito if it has expired. Pass it to `createClient` as `token`. */
export const cognitoToken: TokenProvider = async ({ forceRefresh }) => {
  const { tokens } = await fetchAuthSession({ forceRefresh }).catch(refuse);
  return tokens?.accessToken.toString();
};

async function toStep(output: ReturnType<typeof signIn>): Promise<SignInStep> {
  const { isSignedIn, nextStep } = await output.catch(refuse);
  if (isSignedIn) return "done";
  if (nextStep.signInStep === "CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED") return "newPassword";
  throw new SessionError(
    "UNAUTHORIZED",
    "This account requires a sign-in step that this page does not support.",
  );
}

/**
 * Cognito's answers after which only the user can help: a wrong password, a revoked or expired sign-in, or an
 * account that is deleted, unconfirmed or must reset its password. Every other error is a fault that passes,
 * such as throttling (TooManyRequestsException) or a lost network.
 */
const FINAL_ERRORS: ReadonlySet<string> = new Set([
  "NotAuthorizedException",
  "TokenRevokedException",
  "RefreshTokenReuseException",
  "UserNotFoundException",
  "UserNotConfirmedException",
  "UserUnAuthenticatedException",
  "PasswordResetRequiredException",
  "InvalidPasswordException",
  "InvalidParameterException",
  "EmptySignInUsername",
  "EmptySignInPassword",
  "EmptyChallengeResponse",
  "CodeMismatchException",
  "ExpiredCodeException",
  "ResourceNotFoundException",
  "UserAlreadyAuthenticatedException",
]);

/** Returns Amplify's error as a SessionError. */
export function toSignInError(error: unknown): SessionError {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (error instanceof AuthError && FINAL_ERRORS.has(name))
    return new SessionError("UNAUTHORIZED", message, { cause: error });
  return new SessionError("UNAVAILABLE", "The sign-in service is unavailable. Try again in a moment.", {
    cause: error,
  });
}

function refuse(error: unknown): never {
  throw toSignInError(error);
}
