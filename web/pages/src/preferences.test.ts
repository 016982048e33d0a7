import { expect, test } from "vitest";
import { savePreferences, readPreferences } from "./preferences.ts";

function storageWith(stored: string | null) {
  let value = stored;
  return { getItem: () => value, setItem: (_: string, next: string) => (value = next) };
}

test("a saved choice keeps the other choices", () => {
  const storage = storageWith(null);
  savePreferences({ language: "de" }, storage);
  savePreferences({ quality: "premium" }, storage);
  expect(readPreferences(storage)).toEqual({ language: "de", quality: "premium" });
});

test.each(["not json", "null", "7"])("a foreign entry (%s) is ignored", (stored) => {
  expect(readPreferences(storageWith(stored))).toEqual({});
});

test("forbidden storage throws no error", () => {
  const forbid = (): never => {
    throw new DOMException("no", "SecurityError");
  };
  const storage = { getItem: forbid, setItem: forbid };
  savePreferences({ language: "de" }, storage);
  expect(readPreferences(storage)).toEqual({});
});
