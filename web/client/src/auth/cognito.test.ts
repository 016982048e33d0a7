import { AuthError } from "@aws-amplify/auth";
import { expect, test } from "vitest";
import { toSignInError } from "./cognito.ts";

const authError = (name: string): AuthError => new AuthError({ name, message: name });

test.each([
  "TooManyRequestsException",
  "InternalErrorException",
  "LimitExceededException",
  "NetworkError",
  "Unknown",
])("%s of Cognito is retried", (name) => {
  expect(toSignInError(authError(name))).toMatchObject({ code: "UNAVAILABLE", retryable: true });
});

test.each([
  "NotAuthorizedException",
  "TokenRevokedException",
  "UserNotFoundException",
  "PasswordResetRequiredException",
  "CodeMismatchException",
  "ExpiredCodeException",
  "UsernameExistsException",
])("%s of Cognito is final and keeps its cause", (name) => {
  const cause = authError(name);
  expect(toSignInError(cause)).toMatchObject({ code: "UNAUTHORIZED", retryable: false, cause });
});
