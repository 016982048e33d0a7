import type { FrontendConfig } from "./config.ts";
import { byId, onSubmit, showAlert } from "./dom.ts";
import { failureWords } from "./words.ts";

type Auth = typeof import("../auth/cognito.ts");

/** Loads the sign-in library, which is large, only now that it is needed. */
export async function loadAuth(config: FrontendConfig): Promise<Auth> {
  const auth = await import("../auth/cognito.ts");
  auth.configureCognito(config);
  return auth;
}

/** Makes the sign-in forms work; calls back when the person is in. */
export function setUpSignIn(auth: Auth, signedIn: () => void): void {
  const run = async (step: Promise<"done" | "newPassword">): Promise<void> => {
    const buttons = byId("sign-in").querySelectorAll("button");
    for (const button of buttons) button.disabled = true;
    showAlert(undefined);
    try {
      const outcome = await step;
      byId("sign-in-form").hidden = outcome === "newPassword";
      byId("new-password-form").hidden = outcome !== "newPassword";
      if (outcome === "done") {
        byId("sign-in-form", HTMLFormElement).reset();
        byId("sign-in-form").hidden = false;
        byId("new-password-form").hidden = true;
        signedIn();
      } else byId("new-password").focus();
    } catch (error) {
      showAlert(error instanceof Error ? error.message : failureWords(error));
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  };
  onSubmit("sign-in-form", () => {
    const username = byId("username", HTMLInputElement).value.trim();
    void run(auth.signInWith(username, byId("password", HTMLInputElement).value));
  });
  onSubmit("new-password-form", () => {
    void run(auth.chooseNewPassword(byId("new-password", HTMLInputElement).value));
  });
}
