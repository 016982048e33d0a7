import { AudioPlayer, canPlay, canSetVolume } from "../audio/player.ts";
import type { FrontendConfig, Language, TokenProvider } from "websocket-sessions";
import { appSyncEvents } from "websocket-sessions/channel";
import { loadConfig } from "../config.ts";
import { byId, fillSelect, onChange, onClick, onSubmit } from "../dom.ts";
import { clearFieldError, showBesideField } from "../fieldErrors.ts";
import { readSessionId } from "../joinLink.ts";
import { preselectedLanguage, languageChoices } from "../languages.ts";
import { savePreferences, readPreferences } from "../preferences.ts";
import { loadAuth, SignInForms } from "../signIn/signIn.ts";
import { failureText } from "../uiText.ts";
import { joinAndPlay, type ListenerController } from "./listenerController.ts";
import { requiresSignIn } from "./sessionLookup.ts";
import { createListenerStore } from "./state.ts";
import { showState, showTime } from "./view.ts";

const CLOCK_MILLISECONDS = 500;
/** Follows the server's offer of a large session's channel. */
const channel = appSyncEvents();
/** The fields of the join form that errors concern. */
const FIELDS = {
  INVALID_SESSION_ID: "session",
  SESSION_NOT_FOUND: "session",
  SESSION_ENDED: "session",
  SESSION_FULL: "session",
  INVALID_LANGUAGE: "language",
  UNSUPPORTED_LANGUAGE: "language",
};

const store = createListenerStore();
let controller: ListenerController | undefined;
let joinAbort = new AbortController();
/** Created when the stack first requires a sign-in. */
let signInForms: SignInForms | undefined;
/** Returns no token until the stack requires a sign-in. */
let token: TokenProvider = async () => Promise.resolve(undefined);

/** Runs a click's action and shows its failure as text. */
function runAction(action: () => Promise<void>): void {
  action().catch((error: unknown) => store.patch({ alert: failureText(error) }));
}

async function start(): Promise<void> {
  const config = await loadConfig();
  setUpForm(config);
  setUpControls();
  store.patch({ step: "join" });
  if (!canPlay())
    store.patch({
      alert: "This browser cannot play live audio. Use a current Chrome, Edge, Firefox or Safari.",
    });
  onSubmit("join-form", () => runAction(async () => join(config)));
}

async function join(config: FrontendConfig): Promise<void> {
  const sessionId = readSessionId(byId("session", HTMLInputElement).value);
  const targetLanguage = byId("language", HTMLSelectElement).value as Language;
  if (config.hasHook) savePreferences({ targetLanguage });
  joinAbort = new AbortController();
  store.patch({ joiningSince: Date.now(), connection: { name: "idle" }, alert: undefined });
  // Created in the click's own turn, which browsers require for sound.
  const player = new AudioPlayer(byId("audio", HTMLAudioElement));
  player.volume = volume();
  try {
    if (
      (await requiresSignIn(config.httpUrl, sessionId, joinAbort.signal)) &&
      !(await ensureSignedIn(config, joinAbort.signal))
    )
      return;
    const { webSocketUrl: url, httpUrl } = config;
    const options = { url, httpUrl, anonymous: true, token, channel, sessionId, targetLanguage };
    controller = await joinAndPlay(options, store, player, joinAbort.signal);
    showAddress(`#${sessionId}`);
  } catch (error) {
    if (!joinAbort.signal.aborted && !showBesideField(error, FIELDS)) throw error;
  } finally {
    if (store.value.step !== "listening") player.close();
    store.patch({ joiningSince: undefined });
  }
}

/**
 * Returns whether a user is signed in; if not, shows the sign-in form and joins after the sign-in.
 *
 * @throws the signal's reason.
 */
async function ensureSignedIn(config: FrontendConfig, signal: AbortSignal): Promise<boolean> {
  const auth = await loadAuth(config);
  token = auth.cognitoToken;
  const user = await auth.currentUser();
  signal.throwIfAborted();
  if (user !== undefined) return true;
  store.patch({ step: "signIn" });
  signInForms ??= new SignInForms(auth, config, () => {
    store.patch({ step: "join" });
    runAction(async () => join(config));
  });
  return false;
}

function setUpForm({ supportedLanguages, hasHook = false }: FrontendConfig): void {
  // The speaker page publishes the same audio to all languages. A hook can serve each language its own.
  for (const id of ["language-choice", "live-language-choice"]) byId(id).hidden = !hasHook;
  byId("spoken-language").hidden = hasHook;
  const languages = languageChoices(supportedLanguages);
  const preferred = preselectedLanguage(readPreferences().targetLanguage, supportedLanguages);
  fillSelect("language", languages, preferred);
  fillSelect("live-language", languages, preferred);
  showLinkedSession();
  window.addEventListener("hashchange", () => runAction(openLink));
  byId("volume", HTMLInputElement).value = String(readPreferences().volume ?? 1);
  onClick("cancel", () => joinAbort.abort());
  onClick("again", () => store.patch({ step: "join", session: undefined, alert: undefined }));
}

function showLinkedSession(): void {
  byId("session", HTMLInputElement).value =
    location.hash || location.search.length > 1 ? readSessionId(location.href) : "";
}

/** Shows the page's address without its query, which could name another session than the fragment. */
function showAddress(fragment: string): void {
  history.replaceState(null, "", location.pathname + fragment);
}

/** Offers the session of a link that was opened in this tab, which reloads nothing. */
async function openLink(): Promise<void> {
  showAddress(location.hash);
  showLinkedSession();
  clearFieldError(byId("session", HTMLInputElement));
  joinAbort.abort();
  if (store.value.step === "listening") await controller?.leave();
  store.patch({ step: "join", session: undefined, alert: undefined });
}

function setUpControls(): void {
  byId("volume-control").hidden = !canSetVolume(byId("audio", HTMLAudioElement));
  byId("volume").addEventListener("input", () => {
    if (controller) controller.volume = volume();
    savePreferences({ volume: volume() });
  });
  onClick("reconnect", () => store.value.reconnect?.());
  onClick("go-live", () => controller?.goLive());
  onClick("leave", () => runAction(async () => controller?.leave()));
  onChange("live-language", (language) => {
    savePreferences({ targetLanguage: language as Language });
    runAction(async () => {
      try {
        await controller?.setLanguage(language as Language);
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
const showClocks = (): void => showTime(store.value, controller?.serverTimeMs ?? Date.now());
store.watch(({ connection }) => connection, showClocks);
store.watch(({ joiningSince }) => joiningSince, showClocks);
setInterval(showClocks, CLOCK_MILLISECONDS);
runAction(start);
