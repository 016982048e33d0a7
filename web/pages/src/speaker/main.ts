import type { FrontendConfig, Language, Quality } from "websocket-sessions";
import { canRecord } from "../audio/audioInput.ts";
import { loadConfig } from "../config.ts";
import { confirmed, type Question } from "../confirm.ts";
import { byId, fillSelect, onChange, onClick, onSubmit } from "../dom.ts";
import { showBesideField } from "../fieldErrors.ts";
import { preselectedLanguage, languageChoices } from "../languages.ts";
import { savePreferences, readPreferences } from "../preferences.ts";
import { loadAuth, SignInForms } from "../signIn/signIn.ts";
import { failureText } from "../uiText.ts";
import { resumeOrSetUp } from "./resumeFlow.ts";
import { SpeakerController } from "./speakerController.ts";
import { createSpeakerStore } from "./state.ts";
import { showLevel, showState, showTime } from "./view.ts";

const CLOCK_MILLISECONDS = 500;
const METER_MILLISECONDS = 100;
/** The fields of the form for a new session that errors concern. */
const FIELDS = { INVALID_LANGUAGE: "language", UNSUPPORTED_LANGUAGE: "language" };

const END: Question = {
  title: "End the session?",
  text: "The session ends for all listeners, and nobody can resume it.",
  confirm: "End for everyone",
};
const SIGN_OUT: Question = {
  title: "Sign out and end the session?",
  text: "You are on air. The session ends for all listeners, and nobody can resume it.",
  confirm: "End and sign out",
};

const store = createSpeakerStore();

/** Runs a click's action and shows its failure as text. */
function runAction(action: () => Promise<void>): void {
  action().catch((error: unknown) => store.patch({ alert: failureText(error) }));
}

async function start(): Promise<void> {
  store.patch({ isSupported: await canRecord() });
  const config = await loadConfig();
  const auth = await loadAuth(config);
  const showUserStep = async (): Promise<void> => {
    const user = await auth.currentUser();
    store.patch({ user, step: user ? "loading" : "signIn", alert: undefined });
    if (!user) return;
    const next = await resumeOrSetUp(user, config.httpUrl, auth.cognitoToken, (notice) => {
      const { step, storedSession, busySince } = store.value;
      const isOffered = step === "resume" && storedSession === next.storedSession;
      if (isOffered && busySince === undefined) store.patch(notice);
    });
    store.patch(next);
  };
  const signOut = async (alert?: string): Promise<void> => {
    await auth.signOutHere();
    await showUserStep();
    store.patch({ alert });
  };
  const controller = new SpeakerController(
    store,
    { url: config.webSocketUrl, httpUrl: config.httpUrl, token: auth.cognitoToken },
    (error) => runAction(async () => signOut(failureText(error))),
  );
  new SignInForms(auth, config, () => runAction(showUserStep));
  setUpForm(config, controller);
  setUpControls(controller);
  onClick("sign-out", () =>
    runAction(async () => {
      if (store.value.step === "broadcast" && !(await confirmed(SIGN_OUT))) return;
      await controller.stop();
      await signOut();
    }),
  );
  setInterval(() => showLevel(controller.input.level), METER_MILLISECONDS);
  await showUserStep();
}

function setUpForm({ supportedLanguages }: FrontendConfig, controller: SpeakerController): void {
  const { language, quality } = readPreferences();
  fillSelect(
    "language",
    languageChoices(supportedLanguages),
    preselectedLanguage(language, supportedLanguages),
  );
  const chosen = byId("setup-form").querySelector<HTMLInputElement>(`[value="${quality ?? "standard"}"]`);
  if (chosen) chosen.checked = true;
  onSubmit("setup-form", () => runAction(async () => createSession(controller)));
  onClick("open-microphone", () => void controller.greenRoom.open());
  onChange("test-device", (id) => void controller.greenRoom.open(id));
  onClick("continue", () => runAction(async () => controller.resume()));
  onClick("end-stored", () => runAction(async () => controller.endStoredSession()));
  onClick("leave-stored", () => controller.leaveStoredSession());
  for (const id of ["cancel", "cancel-continue"]) onClick(id, () => controller.cancel());
  onClick("again", () => store.patch({ step: "setup", session: undefined, alert: undefined }));
}

async function createSession(controller: SpeakerController): Promise<void> {
  const sourceLanguage = byId("language", HTMLSelectElement).value as Language;
  const quality = new FormData(byId("setup-form", HTMLFormElement)).get("quality") as Quality;
  savePreferences({ language: sourceLanguage, quality });
  try {
    await controller.create({ sourceLanguage, quality });
  } catch (error) {
    if (!showBesideField(error, FIELDS)) throw error;
  }
}

function setUpControls(controller: SpeakerController): void {
  onClick("reconnect", () => store.value.reconnect?.());
  onClick("mute", () => controller.toggleMute());
  onClick("pause", () => runAction(async () => controller.broadcast?.togglePause()));
  onClick("end", () =>
    runAction(async () => {
      if (await confirmed(END)) await controller.broadcast?.end();
    }),
  );
  onClick("retry-microphone", () => runAction(async () => controller.broadcast?.useMicrophone()));
  onChange("device", (id) => runAction(async () => controller.broadcast?.useMicrophone(id)));
  onClick("copy-id", () => runAction(async () => copy(byId("session-id").textContent, "Id copied.")));
  onClick("copy-link", () =>
    runAction(async () => copy(byId("join-link", HTMLAnchorElement).href, "Link copied.")),
  );
}

async function copy(text: string, confirmation: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    throw new Error("The browser does not allow the page to copy. Select the text and copy it yourself.");
  }
  byId("copied").textContent = confirmation;
}

showState(store);
const showClocks = (): void => showTime(store.value);
store.watch(({ connection }) => connection, showClocks);
store.watch(({ busySince }) => busySince, showClocks);
setInterval(showClocks, CLOCK_MILLISECONDS);
runAction(start);
