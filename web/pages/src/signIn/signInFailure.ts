import { SessionError } from "websocket-sessions";
import { failureText } from "../uiText.ts";

/** Why a step of the sign-in failed, in words, and the name of the field that it concerns, if any. */
export interface SignInFailure {
  readonly text: string;
  readonly field?: "username" | "password" | "code";
}

/** By Cognito's error names. Where Cognito's own message says what is missing, the text is left out. */
const FAILURES: Readonly<Partial<Record<string, Partial<SignInFailure>>>> = {
  NotAuthorizedException: { field: "password" },
  UserNotFoundException: { field: "username" },
  InvalidPasswordException: { field: "password" },
  UsernameExistsException: {
    field: "username",
    text: "This e-mail address has an account. Sign in, or choose a new password.",
  },
  CodeMismatchException: { field: "code", text: "The code is wrong. Use the code of the latest e-mail." },
  ExpiredCodeException: { field: "code", text: "The code has expired. Send a new code." },
  CodeDeliveryFailureException: {
    field: "username",
    text: "The e-mail with the code could not be sent. Check the address.",
  },
  LimitExceededException: { text: "Too many attempts. Wait 15 minutes, then try again." },
  TooManyFailedAttemptsException: { text: "Too many attempts. Wait 15 minutes, then try again." },
};

/** Returns what a person reads about an error of the sign-in library. */
export function signInFailure(error: unknown): SignInFailure {
  const { cause } = error instanceof SessionError ? error : {};
  const known = cause instanceof Error ? FAILURES[cause.name] : undefined;
  const message = error instanceof Error ? error.message : failureText(error);
  return { text: message, ...known };
}
