import { canPlay } from "../../audio/player.ts";
import { ListenerService, type Language, type TokenProvider } from "../../client/index.ts";
import { loadConfig, type FrontendConfig } from "../config.ts";
import { byId, fillSelect, onChange, onClick, onSubmit } from "../dom.ts";
import { readSessionId } from "../joinLink.ts";
import { firstChoice, languageChoices } from "../languages.ts";
import { keepPreferences, readPreferences } from "../preferences.ts";
import { loadAuth, setUpSignIn } from "../signIn.ts";
import { failureWords } from "../words.ts";
import { Listening } from "./listening.ts";
import { mustSignIn } from "./lookUp.ts";
import { newState } from "./state.ts";
import { showState, showTime } from "./view.ts";

const CLOCK_MILLISECONDS = 500;

const store = newState();
let listening: Listening | undefined;
let joining = new AbortController();
/** Nothing until the stack asks for a sign-in. */
let token: TokenProvider = async () => Promise.resolve(undefined);

/** Runs what a click asked for; what goes wrong is told in words. */
function attempt(action: () => Promise<void>): void {
  action().catch((error: unknown) => store.patch({ alert: failureWords(error) }));
}

async function start(): Promise<void> {
  const config = await loadConfig();
  setUpForm(config);
  setUpControls();
  store.patch({ step: "join" });
  if (!canPlay())
    store.patch({
      alert: "This browser plays no live WebM audio. Use a current Chrome, Edge, Firefox or Safari.",
    });
  onSubmit("join-form", () => attempt(async () => join(config)));
}

async function join(config: FrontendConfig): Promise<void> {
  const sessionId = readSessionId(byId("session", HTMLInputElement).value);
  const targetLanguage = byId("language", HTMLSelectElement).value as Language;
  keepPreferences({ targetLanguage });
  joining = new AbortController();
  store.patch({ joining: true, alert: undefined });
  try {
    if ((await mustSignIn(config.httpUrl, sessionId, joining.signal)) && !(await signedIn(config))) return;
    const listener = new ListenerService({
      url: config.webSocketUrl,
      httpUrl: config.httpUrl,
      anonymous: true,
      token,
      sessionId,
      targetLanguage,
    });
    await listener.join(joining.signal);
    history.replaceState(null, "", `#${sessionId}`);
    store.patch({ step: "listening" });
    listening = new Listening(listener, store, volume());
  } catch (error) {
    if (!joining.signal.aborted) throw error;
  } finally {
    store.patch({ joining: false });
  }
}

/** Whether somebody is signed in; if not, the page asks, and joins afterwards. */
async function signedIn(config: FrontendConfig): Promise<boolean> {
  const auth = await loadAuth(config);
  token = auth.cognitoToken;
  if ((await auth.currentUser()) !== undefined) return true;
  store.patch({ step: "signIn" });
  setUpSignIn(auth, () => {
    store.patch({ step: "join" });
    attempt(async () => join(config));
  });
  return false;
}

function setUpForm({ supportedLanguages }: FrontendConfig): void {
  const languages = languageChoices(supportedLanguages);
  const preferred = firstChoice(readPreferences().targetLanguage, supportedLanguages);
  fillSelect("language", languages, preferred);
  fillSelect("live-language", languages, preferred);
  byId("session", HTMLInputElement).value =
    location.hash || location.search.length > 1 ? readSessionId(location.href) : "";
  byId("volume", HTMLInputElement).value = String(readPreferences().volume ?? 1);
  onClick("cancel", () => joining.abort());
  onClick("again", () => store.patch({ step: "join", session: undefined, alert: undefined }));
}

function setUpControls(): void {
  byId("volume").addEventListener("input", () => {
    if (listening) listening.volume = volume();
    keepPreferences({ volume: volume() });
  });
  onClick("unblock", () => listening?.unblock());
  onClick("leave", () => attempt(async () => listening?.leave()));
  onChange("live-language", (language) => {
    keepPreferences({ targetLanguage: language as Language });
    attempt(async () => {
      try {
        await listening?.setLanguage(language as Language);
      } catch (error) {
        byId("live-language", HTMLSelectElement).value = store.value.session?.targetLanguage ?? "";
        throw error;
      }
    });
  });
}

function volume(): number {
  return byId("volume", HTMLInputElement).valueAsNumber;
}

showState(store);
setInterval(() => showTime(store.value), CLOCK_MILLISECONDS);
attempt(start);
