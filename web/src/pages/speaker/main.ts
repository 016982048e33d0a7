import type { Language, Quality } from "../../client/index.ts";
import { loadConfig, type FrontendConfig } from "../config.ts";
import { byId, fillSelect, onChange, onClick, onSubmit } from "../dom.ts";
import { firstChoice, languageChoices } from "../languages.ts";
import { keepPreferences, readPreferences } from "../preferences.ts";
import { loadAuth, setUpSignIn } from "../signIn.ts";
import { failureWords } from "../words.ts";
import { enter } from "./entrance.ts";
import { Speaking } from "./speaking.ts";
import { newState } from "./state.ts";
import { showState, showTime } from "./view.ts";

const CLOCK_MILLISECONDS = 500;

const store = newState();

/** Runs what a click asked for; what goes wrong is told in words. */
function attempt(action: () => Promise<void>): void {
  action().catch((error: unknown) => store.patch({ alert: failureWords(error) }));
}

async function start(): Promise<void> {
  const config = await loadConfig();
  const auth = await loadAuth(config);
  const comeIn = async (): Promise<void> => {
    const user = await auth.currentUser();
    store.patch({ user, step: user ? "loading" : "signIn", alert: undefined });
    if (user) store.patch(await enter(user, config.httpUrl, auth.cognitoToken));
  };
  const signOut = async (alert?: string): Promise<void> => {
    await auth.signOutHere();
    await comeIn();
    store.patch({ alert });
  };
  const speaking = new Speaking(
    store,
    { url: config.webSocketUrl, httpUrl: config.httpUrl, token: auth.cognitoToken },
    (error) => attempt(async () => signOut(failureWords(error))),
  );
  setUpSignIn(auth, () => attempt(comeIn));
  setUpForm(config, speaking);
  setUpControls(speaking);
  onClick("sign-out", () =>
    attempt(async () => {
      await speaking.stop();
      await signOut();
    }),
  );
  await comeIn();
}

function setUpForm({ supportedLanguages }: FrontendConfig, speaking: Speaking): void {
  const { language, quality } = readPreferences();
  fillSelect("language", languageChoices(supportedLanguages), firstChoice(language, supportedLanguages));
  const chosen = byId("setup-form").querySelector<HTMLInputElement>(`[value="${quality ?? "standard"}"]`);
  if (chosen) chosen.checked = true;
  onSubmit("setup-form", () => attempt(async () => createSession(speaking)));
  onClick("continue", () => attempt(async () => speaking.resume()));
  onClick("end-remembered", () => attempt(async () => speaking.endRemembered()));
  onClick("leave-remembered", () => speaking.leaveRemembered());
  for (const id of ["cancel", "cancel-continue"]) onClick(id, () => speaking.cancel());
  onClick("again", () => store.patch({ step: "setup", session: undefined, alert: undefined }));
}

async function createSession(speaking: Speaking): Promise<void> {
  const sourceLanguage = byId("language", HTMLSelectElement).value as Language;
  const quality = new FormData(byId("setup-form", HTMLFormElement)).get("quality") as Quality;
  keepPreferences({ language: sourceLanguage, quality });
  await speaking.create({ sourceLanguage, quality });
}

function setUpControls(speaking: Speaking): void {
  onClick("mute", () => speaking.toggleMute());
  onClick("pause", () => attempt(async () => speaking.broadcast?.togglePause()));
  onClick("end", () => attempt(async () => speaking.broadcast?.end()));
  onClick("retry-microphone", () => attempt(async () => speaking.broadcast?.useMicrophone()));
  onChange("device", (id) => attempt(async () => speaking.broadcast?.useMicrophone(id)));
  onClick("copy-id", () => attempt(async () => copy(byId("session-id").textContent, "Id copied.")));
  onClick("copy-link", () =>
    attempt(async () => copy(byId("join-link", HTMLAnchorElement).href, "Link copied.")),
  );
}

async function copy(text: string, done: string): Promise<void> {
  await navigator.clipboard.writeText(text);
  byId("copied").textContent = done;
}

showState(store);
setInterval(() => showTime(store.value), CLOCK_MILLISECONDS);
attempt(start);
