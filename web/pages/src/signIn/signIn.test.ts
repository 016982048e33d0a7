// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";
import { SessionError } from "websocket-sessions";
import { byId } from "../dom.ts";
import { SignInForms, type Auth } from "./signIn.ts";

/** Answers as Cognito does; the browser test of the sign-in uses the local Cognito itself. */
class FakeAuth {
  readonly calls: string[] = [];
  readonly outcomes: (Error | string)[] = [];

  get auth(): Auth {
    const answer =
      (name: string) =>
      async (...values: string[]) => {
        this.calls.push([name, ...values].join(" "));
        const outcome = this.outcomes.shift() ?? "done";
        if (outcome instanceof Error) throw outcome;
        return Promise.resolve(outcome);
      };
    const names = [
      "signInWith",
      "chooseNewPassword",
      "createAccount",
      "confirmAccount",
      "resendAccountCode",
      "sendPasswordCode",
      "replacePassword",
    ];
    return Object.fromEntries(names.map((name) => [name, answer(name)])) as unknown as Auth;
  }
}

function cognitoError(name: string, message = "technical"): SessionError {
  const cause = Object.assign(new Error(message), { name });
  return new SessionError("UNAUTHORIZED", message, { cause });
}

let fake: FakeAuth;
let signedIn: ReturnType<typeof vi.fn<() => void>>;

function open(allowed: { selfSignUp?: boolean; passwordReset?: boolean }): void {
  fake = new FakeAuth();
  signedIn = vi.fn<() => void>();
  document.body.innerHTML = `<h1 id="title"></h1><div id="alert"></div><section id="sign-in"></section>`;
  new SignInForms(fake.auth, allowed, signedIn);
}

beforeEach(() => open({ selfSignUp: true, passwordReset: true }));

function fill(values: Record<string, string>): void {
  for (const [id, value] of Object.entries(values)) byId(id, HTMLInputElement).value = value;
}

async function submit(form: string, values: Record<string, string>): Promise<void> {
  fill(values);
  const button = byId(form).querySelector<HTMLButtonElement>('[type="submit"]');
  button?.click();
  await expect.poll(() => button?.disabled).toBe(false);
}

/** Returns the forms that are shown, and the document's title. */
function shown(): [string[], string] {
  const forms = [...document.querySelectorAll("form")].filter(({ hidden }) => !hidden);
  return [forms.map(({ id }) => id), document.title];
}

async function createAccount(): Promise<void> {
  byId("sign-up").click();
  await submit("sign-up-form", {
    "sign-up-username": "ada@example.com",
    "sign-up-password": "Lovelace-1815",
  });
}

test("an account is created, confirmed with the code and signed in, and each step moves title and focus", async () => {
  byId("sign-up").click();
  expect(shown()).toEqual([["sign-up-form"], "Create an account · Live sessions"]);
  expect(document.activeElement).toBe(byId("sign-up-form"));
  await createAccount();
  expect(shown()).toEqual([["confirm-form"], "Confirm your e-mail address · Live sessions"]);
  expect(document.activeElement).toBe(byId("confirm-form"));
  await submit("confirm-form", { "confirm-code": " 123456 " });
  expect(fake.calls).toEqual([
    "createAccount ada@example.com Lovelace-1815",
    "confirmAccount ada@example.com 123456",
    "signInWith ada@example.com Lovelace-1815",
  ]);
  expect(signedIn).toHaveBeenCalledOnce();
  expect(byId("sign-up-password", HTMLInputElement).value).toBe("");
});

test("the code is sent again on a click, and the page says so", async () => {
  await createAccount();
  byId("resend-code").click();
  await expect.poll(() => byId("code-resent").textContent).toBe("The e-mail was sent again.");
  expect(fake.calls).toContain("resendAccountCode ada@example.com");
});

test("a sign-in with an unconfirmed account asks for the code, which is sent again", async () => {
  fake.outcomes.push("confirmSignUp");
  await submit("sign-in-form", { username: "ada@example.com", password: "Lovelace-1815" });
  expect(shown()[0]).toEqual(["confirm-form"]);
  expect(fake.calls.at(-1)).toBe("resendAccountCode ada@example.com");
  await submit("confirm-form", { "confirm-code": "123456" });
  expect(signedIn).toHaveBeenCalledOnce();
});

test("a forgotten password is replaced with the code from the e-mail, and signs in", async () => {
  byId("forgot-password").click();
  await submit("forgot-form", { "forgot-username": "ada@example.com" });
  expect(shown()).toEqual([["reset-form"], "Choose a new password · Live sessions"]);
  expect(byId("reset-destination").textContent).toMatch(/^If ada@example\.com belongs to an account/);
  await submit("reset-form", { "reset-code": "654321", "reset-password": "Byron-1815-Ada" });
  expect(fake.calls).toEqual([
    "sendPasswordCode ada@example.com",
    "replacePassword ada@example.com 654321 Byron-1815-Ada",
    "signInWith ada@example.com Byron-1815-Ada",
  ]);
  expect(signedIn).toHaveBeenCalledOnce();
});

test("an account whose password an administrator reset chooses a new one with a code", async () => {
  fake.outcomes.push("resetPassword");
  await submit("sign-in-form", { username: "ada@example.com", password: "old" });
  expect(shown()[0]).toEqual(["reset-form"]);
});

test("a temporary password is replaced", async () => {
  fake.outcomes.push("newPassword");
  await submit("sign-in-form", { username: "ada@example.com", password: "temporary" });
  expect(shown()[0]).toEqual(["new-password-form"]);
  await submit("new-password-form", { "new-password": "Lovelace-1815" });
  expect(signedIn).toHaveBeenCalledOnce();
  expect(shown()[0]).toEqual(["sign-in-form"]);
});

test("a person who cannot set the new password goes back to the sign-in", async () => {
  fake.outcomes.push("newPassword");
  await submit("sign-in-form", { username: "ada@example.com", password: "temporary" });
  const back = byId("new-password-form").querySelector<HTMLButtonElement>("[data-form]");
  expect(back?.textContent).toBe("Back to the sign-in");
  back?.click();
  expect(shown()).toEqual([["sign-in-form"], "Sign in · Live sessions"]);
});

test("the new password has a hint only if the stack created the user pool", () => {
  open({ selfSignUp: false, passwordReset: true });
  expect(byId("new-password").getAttribute("aria-describedby")).toBe("new-password-hint");
  expect(byId("new-password-hint").textContent).toMatch(/At least 12 characters/);
  open({});
  expect(byId("new-password").hasAttribute("aria-describedby")).toBe(false);
  expect(document.getElementById("new-password-hint")).toBeNull();
});

test.each([
  [
    "confirmed account",
    "confirm-form",
    { "confirm-code": "123456" },
    async (): Promise<void> => {
      await createAccount();
    },
  ],
  [
    "replaced password",
    "reset-form",
    { "reset-code": "123456", "reset-password": "Lovelace-1815" },
    async (): Promise<void> => {
      byId("forgot-password").click();
      await submit("forgot-form", { "forgot-username": "ada@example.com" });
    },
  ],
])("if the sign-in after a %s fails, the sign-in form shows it", async (_, form, values, requestCode) => {
  await requestCode();
  fake.outcomes.push("done", cognitoError("NotAuthorizedException", "Incorrect username or password."));
  await submit(form, values);
  expect(shown()).toEqual([["sign-in-form"], "Sign in · Live sessions"]);
  expect(byId("username", HTMLInputElement).value).toBe("ada@example.com");
  expect(byId("password-error").textContent).toBe("Incorrect username or password.");
  const calls = fake.calls.length;
  await submit("sign-in-form", { password: "Lovelace-1815" });
  expect(fake.calls.slice(calls)).toEqual(["signInWith ada@example.com Lovelace-1815"]);
  expect(signedIn).toHaveBeenCalledOnce();
  const codes = [byId("confirm-code", HTMLInputElement), byId("reset-code", HTMLInputElement)];
  expect(codes.map(({ value }) => value)).toEqual(["", ""]);
});

test("a stack without sign-up and password reset offers neither", () => {
  open({});
  expect([byId("sign-up").hidden, byId("forgot-password").hidden]).toEqual([true, true]);
  open({ selfSignUp: false, passwordReset: true });
  expect([byId("sign-up").hidden, byId("forgot-password").hidden]).toEqual([true, false]);
});

test.each([
  ["NotAuthorizedException", "password", "Incorrect username or password."],
  ["UserNotFoundException", "username", "User does not exist."],
])("%s of a sign-in is shown beside the %s", async (name, field, message) => {
  fake.outcomes.push(cognitoError(name, message));
  await submit("sign-in-form", { username: "ada@example.com", password: "wrong" });
  expect(byId(`${field}-error`).textContent).toBe(message);
  expect(document.activeElement).toBe(byId(field));
});

test("an address with an account, a wrong code and a weak password are shown beside their fields", async () => {
  fake.outcomes.push(cognitoError("UsernameExistsException"));
  await createAccount();
  expect(byId("sign-up-username-error").textContent).toMatch(/has an account/);
  fake.outcomes.push(cognitoError("InvalidPasswordException", "Password must have numeric characters"));
  await createAccount();
  expect(byId("sign-up-password-error").textContent).toBe("Password must have numeric characters");
  expect(byId("sign-up-password").getAttribute("aria-describedby")).toBe(
    "sign-up-hint sign-up-password-error",
  );
  await createAccount();
  fake.outcomes.push(cognitoError("CodeMismatchException"));
  await submit("confirm-form", { "confirm-code": "000000" });
  expect(byId("confirm-code-error").textContent).toMatch(/The code is wrong/);
  expect(signedIn).not.toHaveBeenCalled();
});

test("a failure that concerns no field is shown in the alert until the next step", async () => {
  fake.outcomes.push(new SessionError("UNAVAILABLE", "The sign-in service is unavailable."));
  await submit("sign-in-form", { username: "ada@example.com", password: "right" });
  expect(byId("alert").textContent).toBe("The sign-in service is unavailable.");
  byId("sign-up").click();
  expect(byId("alert").textContent).toBe("");
});

test("nothing is sent before the fields are filled in", async () => {
  await submit("sign-in-form", {});
  expect(byId("username-error").textContent).toBe("Enter your user name or e-mail address.");
  expect(byId("password-error").textContent).toBe("Enter your password.");
  expect(fake.calls).toEqual([]);
});
