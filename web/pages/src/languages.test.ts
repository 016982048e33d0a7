import { afterEach, expect, test, vi } from "vitest";
import { preselectedLanguage, languageChoices } from "./languages.ts";

afterEach(() => vi.unstubAllGlobals());

test("languages keep the stack's order and are labelled with their own names", () => {
  expect(languageChoices(["cy", "de"])).toEqual([
    { value: "cy", label: "Cymraeg" },
    { value: "de", label: "Deutsch" },
  ]);
});

test("without a configured list the stack's default languages are offered", () => {
  expect(languageChoices().map(({ value }) => value)).toContain("en");
});

test.each([
  ["de", "de"],
  [undefined, "cy"],
  ["fr", "cy"], // chosen on another stack, or before this stack dropped the language
] as const)("with the last choice %s and a Welsh browser, %s is preselected", (lastChoice, preselected) => {
  vi.stubGlobal("navigator", { language: "cy-GB" });
  expect(preselectedLanguage(lastChoice, ["de", "cy"])).toBe(preselected);
});

test("an unsupported browser language preselects nothing", () => {
  vi.stubGlobal("navigator", { language: "ja" });
  expect(preselectedLanguage(undefined, ["de", "cy"])).toBeUndefined();
});
