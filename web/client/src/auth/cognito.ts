/**
 * Sign-in with Cognito by SRP: the password never leaves the page. Users can create accounts and reset
 * passwords where `frontendConfig` has `selfSignUp` and `passwordReset`.
 *
 * It uses Amplify's auth category, which is several times the size of the client library: load it on demand.
 * Amplify stores the tokens in the browser's local storage.
 */
import {
  AuthError,
  confirmResetPassword,
  confirmSignIn,
  confirmSignUp,
  fetchAuthSession,
  getCurrentUser,
  resendSignUpCode,
  resetPassword,
  signIn,
  signOut,
  signUp,
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

/**
 * The next step of a sign-in: none, a new password in place of the temporary one, the code of a sign-up that
 * is unconfirmed, or a new password because an administrator reset the old one.
 */
export type SignInStep = "done" | "newPassword" | "confirmSignUp" | "resetPassword";

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

/** Creates an account, to whose address Cognito sends a code. The account can sign in once the code is confirmed. */
export async function createAccount(email: string, password: string): Promise<void> {
  const options = { userAttributes: { email } };
  await signUp({ username: email, password, options }).catch(refuse);
}

/** Confirms the account's e-mail address with the code that Cognito sent to it. */
export async function confirmAccount(email: string, code: string): Promise<void> {
  await confirmSignUp({ username: email, confirmationCode: code }).catch(refuse);
}

/** Sends the code of an unconfirmed account again. */
export async function resendAccountCode(email: string): Promise<void> {
  await resendSignUpCode({ username: email }).catch(refuse);
}

/** Sends a code to the address of a user who forgot the password. Without such a user, no error reveals that. */
export async function sendPasswordCode(email: string): Promise<void> {
  await resetPassword({ username: email }).catch(refuse);
}

/** Replaces a forgotten password, with the code that Cognito sent. */
export async function replacePassword(email: string, code: string, newPassword: string): Promise<void> {
  await confirmResetPassword({ username: email, confirmationCode: code, newPassword }).catch(refuse);
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
  const step = NEXT_STEPS[nextStep.signInStep];
  if (step !== undefined) return step;
  throw new SessionError(
    "UNAUTHORIZED",
    `The account requires the sign-in step ${nextStep.signInStep}, which is unsupported.`,
  );
}

const NEXT_STEPS: Readonly<Partial<Record<string, SignInStep>>> = {
  CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED: "newPassword",
  CONFIRM_SIGN_UP: "confirmSignUp",
  RESET_PASSWORD: "resetPassword",
};

/**
 * Cognito's answers after which only the user can help: a wrong password or code, a revoked or expired
 * sign-in, an address that has an account already, or an account that is deleted, unconfirmed or must reset
 * its password. Every other error is a fault that passes, such as throttling (TooManyRequestsException) or a
 * lost network.
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
  "UsernameExistsException",
  "AliasExistsException",
  "CodeDeliveryFailureException",
  "UserLambdaValidationException",
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
