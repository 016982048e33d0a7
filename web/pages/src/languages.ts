import type { Language } from "websocket-sessions";
import type { Choice } from "./dom.ts";

/** The stack's default `supportedLanguages`, used if config.json has none. */
const DEFAULT_LANGUAGES: readonly Language[] = ["en", "es", "fr", "de", "it", "pt", "ja", "zh", "ko", "ar"];

/** Returns a choice for each language, labelled with the language's own name. */
export function languageChoices(languages: readonly Language[] = DEFAULT_LANGUAGES): Choice[] {
  return languages.map((code) => ({ value: code, label: languageName(code) }));
}

/** Returns a language's own name for itself, such as Deutsch. */
export function languageName(code: Language): string {
  const name = new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code;
  return name.charAt(0).toLocaleUpperCase(code) + name.slice(1);
}

/** Returns the language to preselect: the last choice, else the browser's, else undefined. */
export function preselectedLanguage(
  lastChoice: Language | undefined,
  languages: readonly Language[] = DEFAULT_LANGUAGES,
): Language | undefined {
  const browserLanguage = navigator.language.toLowerCase().split("-")[0];
  return languages.find((code) => code === lastChoice) ?? languages.find((code) => code === browserLanguage);
}
