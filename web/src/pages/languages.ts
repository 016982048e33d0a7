import type { Language } from "../protocol.generated.ts";
import type { Choice } from "./dom.ts";

/** The default of the stack's `supportedLanguages`, for a config.json without them. */
const DEFAULT: readonly Language[] = ["en", "es", "fr", "de", "it", "pt", "ja", "zh", "ko", "ar"];

/** Each language by its own name, as those who speak it look for it. */
export function languageChoices(languages: readonly Language[] = DEFAULT): Choice[] {
  return languages.map((code) => ({ value: code, label: nameOf(code) }));
}

function nameOf(code: Language): string {
  const name = new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code;
  return name.charAt(0).toLocaleUpperCase(code) + name.slice(1);
}

/** What to offer first: the language chosen last, else the browser's, where it is one of them. */
export function firstChoice(
  chosen: Language | undefined,
  languages: readonly Language[] = DEFAULT,
): Language | undefined {
  const browsers = navigator.language.toLowerCase().split("-")[0];
  return languages.find((code) => code === chosen) ?? languages.find((code) => code === browsers);
}
