import { afterEach, expect, test, vi } from "vitest";
import { firstChoice, languageChoices } from "../../src/pages/languages.ts";

afterEach(() => vi.unstubAllGlobals());

test("the languages are those that the stack serves, in its order and by their own names", () => {
  expect(languageChoices(["cy", "de"])).toEqual([
    { value: "cy", label: "Cymraeg" },
    { value: "de", label: "Deutsch" },
  ]);
});

test("without a list they are the stack's default", () => {
  expect(languageChoices().map(({ value }) => value)).toContain("en");
});

test.each([
  ["de", "de"],
  [undefined, "cy"],
  ["fr", "cy"], // chosen on another stack, or before the stack served fewer
] as const)("where %s was chosen last, and the browser speaks Welsh, %s comes first", (chosen, first) => {
  vi.stubGlobal("navigator", { language: "cy-GB" });
  expect(firstChoice(chosen, ["de", "cy"])).toBe(first);
});

test("a browser whose language is not served gets no suggestion", () => {
  vi.stubGlobal("navigator", { language: "ja" });
  expect(firstChoice(undefined, ["de", "cy"])).toBeUndefined();
});
