import type { FrontendConfig } from "websocket-sessions";
import { byId, onSubmit, showAlert } from "./dom.ts";
import { failureText } from "./uiText.ts";

type Auth = typeof import("websocket-sessions/auth");

/** Loads and configures the sign-in library on demand, because it is large. */
export async function loadAuth(config: FrontendConfig): Promise<Auth> {
  const auth = await import("websocket-sessions/auth");
  auth.configureCognito(config);
  return auth;
}

/** Connects the sign-in forms to the library; calls `onSignedIn` after each successful sign-in. */
export function setUpSignIn(auth: Auth, onSignedIn: () => void): void {
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
        onSignedIn();
      } else byId("new-password").focus();
    } catch (error) {
      showAlert(error instanceof Error ? error.message : failureText(error));
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
