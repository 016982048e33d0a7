import { SessionCreationOrchestrator, type Language, type Quality } from "../../client/index.ts";
import { loadConfig, type FrontendConfig } from "../config.ts";
import { byId, fillSelect, onChange, onClick, onSubmit } from "../dom.ts";
import { firstChoice, languageChoices } from "../languages.ts";
import { keepPreferences, readPreferences } from "../preferences.ts";
import { loadAuth, setUpSignIn } from "../signIn.ts";
import { failureWords } from "../words.ts";
import { Broadcast } from "./broadcast.ts";
import { newState } from "./state.ts";
import { showState, showTime } from "./view.ts";

const CLOCK_MILLISECONDS = 500;

const store = newState();
let broadcast: Broadcast | undefined;
let creation = new AbortController();

/** Runs what a click asked for; what goes wrong is told in words. */
function attempt(action: () => Promise<void>): void {
  action().catch((error: unknown) => store.patch({ alert: failureWords(error) }));
}

async function start(): Promise<void> {
  const config = await loadConfig();
  const auth = await loadAuth(config);
  const enter = async (): Promise<void> => {
    const user = await auth.currentUser();
    store.patch({ user, step: user === undefined ? "signIn" : "setup", alert: undefined });
  };
  setUpSignIn(auth, () => attempt(enter));
  setUpForm(config);
  setUpControls();
  onClick("sign-out", () =>
    attempt(async () => {
      await broadcast?.end();
      await auth.signOutHere();
      await enter();
    }),
  );
  const orchestrator = new SessionCreationOrchestrator({
    url: config.webSocketUrl,
    httpUrl: config.httpUrl,
    token: auth.cognitoToken,
  });
  onSubmit("setup-form", () => attempt(async () => createSession(orchestrator)));
  await enter();
}

async function createSession(orchestrator: SessionCreationOrchestrator): Promise<void> {
  const sourceLanguage = byId("language", HTMLSelectElement).value as Language;
  const quality = new FormData(byId("setup-form", HTMLFormElement)).get("quality") as Quality;
  keepPreferences({ language: sourceLanguage, quality });
  creation = new AbortController();
  store.patch({ creating: true, alert: undefined });
  try {
    const speaker = await orchestrator.createSession(
      { sourceLanguage, quality },
      { signal: creation.signal, onState: (connection) => store.patch({ connection }) },
    );
    store.patch({ step: "broadcast", session: speaker.state.value });
    broadcast = new Broadcast(speaker, store);
  } catch (error) {
    if (!creation.signal.aborted) throw error;
  } finally {
    store.patch({ creating: false });
  }
}

function setUpForm({ supportedLanguages }: FrontendConfig): void {
  const { language, quality } = readPreferences();
  fillSelect("language", languageChoices(supportedLanguages), firstChoice(language, supportedLanguages));
  const chosen = byId("setup-form").querySelector<HTMLInputElement>(`[value="${quality ?? "standard"}"]`);
  if (chosen) chosen.checked = true;
  onClick("cancel", () => creation.abort());
  onClick("again", () => store.patch({ step: "setup", session: undefined, alert: undefined }));
}

function setUpControls(): void {
  onClick("mute", () => broadcast?.toggleMute());
  onClick("pause", () => attempt(async () => broadcast?.togglePause()));
  onClick("end", () => attempt(async () => broadcast?.end()));
  onClick("retry-microphone", () => attempt(async () => broadcast?.useMicrophone()));
  onChange("device", (id) => attempt(async () => broadcast?.useMicrophone(id)));
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
