/**
 * Sign-in with Cognito by SRP: the password never leaves the page.
 *
 * Amplify's auth category alone, and loaded only when a page asks for it, since it is several times the
 * size of the client library. The tokens are kept in the browser's local storage, by Amplify.
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
  /** For a stack that has its user pool elsewhere than at AWS. */
  readonly cognitoEndpoint?: string;
}

/** What is left to do for the person: nothing, or to choose a password instead of the one they were given. */
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
  /** Cognito's subject: the same for ever, and nobody else's. */
  readonly id: string;
  /** As they typed it. */
  readonly name: string;
}

/** Who is signed in already, in this tab or another, before or after a reload; nothing if nobody is. */
export async function currentUser(): Promise<User | undefined> {
  return getCurrentUser().then(
    ({ userId, username, signInDetails }) => ({ id: userId, name: signInDetails?.loginId ?? username }),
    () => undefined,
  );
}

/** @throws SessionError: UNAUTHORIZED for a wrong name or password, UNAVAILABLE if Cognito cannot be reached. */
export async function signInWith(username: string, password: string): Promise<SignInStep> {
  return toStep(signIn({ username, password, options: { authFlowType: "USER_SRP_AUTH" } }));
}

export async function chooseNewPassword(password: string): Promise<SignInStep> {
  return toStep(confirmSignIn({ challengeResponse: password }));
}

export async function signOutHere(): Promise<void> {
  await signOut();
}

/** Gives the access token, refreshed by Cognito where it is old. */
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
    "This account needs a way to sign in that this page does not offer.",
  );
}

/** Amplify's errors stop here. */
function refuse(error: unknown): never {
  if (!(error instanceof AuthError) || error.name === "NetworkError")
    throw new SessionError("UNAVAILABLE", "The sign-in service cannot be reached.");
  throw new SessionError("UNAUTHORIZED", error.message);
}
