import type { Language } from "../protocol.generated.ts";
import type { Choice } from "./dom.ts";

/** The default of the stack's `supportedLanguages`. */
const DEFAULT: readonly Language[] = ["en", "es", "fr", "de", "it", "pt", "ja", "zh", "ko", "ar"];

/** Each language by its own name, as those who speak it look for it. */
export function languageChoices(languages: readonly Language[] = DEFAULT): Choice[] {
  return languages.map((code) => ({ value: code, label: nameOf(code) }));
}

function nameOf(code: Language): string {
  const name = new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code;
  return name.charAt(0).toLocaleUpperCase(code) + name.slice(1);
}

/** The language of the browser, where it is one of them. */
export function browserLanguage(languages: readonly Language[] = DEFAULT): Language | undefined {
  return languages.find((code) => navigator.language.toLowerCase().split("-")[0] === code);
}
