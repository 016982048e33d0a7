import type { FrontendConfig } from "websocket-sessions";
import { byId, onClick, onSubmit, showAlert, stepShower, type PageStep } from "../dom.ts";
import { showFieldError } from "../fieldErrors.ts";
import FORMS from "./forms.html?raw";
import { signInFailure } from "./signInFailure.ts";

export type Auth = typeof import("websocket-sessions/auth");

/** What the stack allows people without a password to do. */
type Allowed = Pick<FrontendConfig, "selfSignUp" | "passwordReset">;

const STEPS = {
  signIn: { section: "sign-in-form", title: "Sign in" },
  newPassword: { section: "new-password-form", title: "New password" },
  signUp: { section: "sign-up-form", title: "Create an account" },
  confirm: { section: "confirm-form", title: "Confirm your e-mail address" },
  forgot: { section: "forgot-form", title: "Forgotten password" },
  reset: { section: "reset-form", title: "Choose a new password" },
} as const satisfies Record<string, PageStep>;

type Step = keyof typeof STEPS;

/** Loads and configures the sign-in library on demand, because it is large. */
export async function loadAuth(config: FrontendConfig): Promise<Auth> {
  const auth = await import("websocket-sessions/auth").catch(() => {
    throw new Error("The page could not load the sign-in. Check your network, then reload the page.");
  });
  auth.configureCognito(config);
  return auth;
}

/**
 * The forms with which a person signs in, creates an account or replaces a forgotten password. Each shows its
 * errors beside their fields.
 */
export class SignInForms {
  readonly #auth: Auth;
  readonly #onSignedIn: () => void;
  readonly #showStep = stepShower(STEPS, false);
  #step: Step = "signIn";
  /** The account whose code is awaited. The password signs in after the confirmation. */
  #account = { username: "", password: "" };

  /** @param onSignedIn called after each successful sign-in. */
  constructor(auth: Auth, allowed: Allowed, onSignedIn: () => void) {
    this.#auth = auth;
    this.#onSignedIn = onSignedIn;
    byId("sign-in").insertAdjacentHTML("beforeend", FORMS);
    byId("sign-up").hidden = !allowed.selfSignUp;
    byId("forgot-password").hidden = !allowed.passwordReset;
    if (allowed.selfSignUp === undefined) removePasswordHint();
    this.#setUp();
  }

  #setUp(): void {
    this.#onSubmit("signIn", async ({ username, password }) => this.#signIn(username.trim(), password));
    this.#onSubmit("newPassword", async ({ password }) => {
      await this.#auth.chooseNewPassword(password);
      this.#finish();
    });
    this.#onSubmit("signUp", async ({ username, password }) => {
      await this.#auth.createAccount(username, password);
      this.#awaitCode(username, password);
    });
    this.#onSubmit("confirm", async ({ code }) => {
      const { username, password } = this.#account;
      await this.#auth.confirmAccount(username, code.trim());
      await this.#signInAfterCode(username, password);
    });
    this.#onSubmit("forgot", async ({ username }) => this.#sendPasswordCode(username));
    this.#onSubmit("reset", async ({ code, password }) => {
      const { username } = this.#account;
      await this.#auth.replacePassword(username, code.trim(), password);
      await this.#signInAfterCode(username, password);
    });
    onClick("sign-up", () => this.#go("signUp"));
    onClick("forgot-password", () => this.#go("forgot"));
    onClick("resend-code", () => void this.#run(async () => this.#resendCode()));
    for (const button of byId("sign-in").querySelectorAll<HTMLButtonElement>("[data-form]"))
      button.addEventListener("click", () => this.#go(button.dataset.form as Step));
  }

  /** Runs an action with the values of a step's form when it is submitted. */
  #onSubmit(step: Step, action: (values: Values) => Promise<void>): void {
    const { section } = STEPS[step];
    onSubmit(section, () => {
      const values = Object.fromEntries(new FormData(byId(section, HTMLFormElement))) as unknown as Values;
      void this.#run(async () => action(values));
    });
  }

  /** Disables the buttons while an action is under way, and shows why it failed. */
  async #run(action: () => Promise<void>): Promise<void> {
    const buttons = byId("sign-in").querySelectorAll("button");
    for (const button of buttons) button.disabled = true;
    showAlert(undefined);
    try {
      await action();
    } catch (error) {
      this.#showFailure(error);
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  }

  #showFailure(error: unknown): void {
    const { text, field } = signInFailure(error);
    const input = byId(STEPS[this.#step].section).querySelector<HTMLInputElement>(`[name="${field ?? ""}"]`);
    if (input) showFieldError(input, text);
    else showAlert(text);
  }

  async #signIn(username: string, password: string): Promise<void> {
    const outcome = await this.#auth.signInWith(username, password);
    if (outcome === "done") this.#finish();
    else if (outcome === "newPassword") this.#go("newPassword");
    else if (outcome === "resetPassword") await this.#sendPasswordCode(username);
    else {
      this.#awaitCode(username, password);
      await this.#auth.resendAccountCode(username);
    }
  }

  /** Signs in after a code was accepted. If that fails, moves to the sign-in form: a code works once. */
  async #signInAfterCode(username: string, password: string): Promise<void> {
    byId(STEPS[this.#step].section, HTMLFormElement).reset();
    try {
      await this.#signIn(username, password);
    } catch (error) {
      byId("username", HTMLInputElement).value = username;
      this.#go("signIn");
      throw error;
    }
  }

  #awaitCode(username: string, password: string): void {
    this.#account = { username, password };
    byId("confirm-destination").textContent = `Enter the code from the e-mail to ${username}.`;
    byId("code-resent").textContent = "";
    this.#go("confirm");
  }

  async #resendCode(): Promise<void> {
    await this.#auth.resendAccountCode(this.#account.username);
    byId("code-resent").textContent = "The e-mail was sent again.";
  }

  async #sendPasswordCode(username: string): Promise<void> {
    await this.#auth.sendPasswordCode(username);
    this.#account = { username, password: "" };
    // The service does not reveal whether the address has an account.
    byId("reset-destination").textContent =
      `If ${username} belongs to an account, an e-mail with a code was sent to it.`;
    this.#go("reset");
  }

  #go(step: Step): void {
    showAlert(undefined);
    this.#step = step;
    this.#showStep(step);
  }

  /** Empties the forms, and leaves the focus and the title to the page's next step. */
  #finish(): void {
    this.#account = { username: "", password: "" };
    this.#step = "signIn";
    for (const { section } of Object.values(STEPS)) {
      byId(section, HTMLFormElement).reset();
      byId(section).hidden = section !== STEPS.signIn.section;
    }
    this.#onSignedIn();
  }
}

/** Removes the hint of the new password: a user pool that the stack did not create has its own policy. */
function removePasswordHint(): void {
  byId("new-password-hint").remove();
  byId("new-password").removeAttribute("aria-describedby");
}

/** The values of a form's fields by their names; a form has those that its action reads. */
interface Values {
  readonly username: string;
  readonly password: string;
  readonly code: string;
}
