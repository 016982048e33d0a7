import { expect, test } from "vitest";
import { keepPreferences, readPreferences } from "../../src/pages/preferences.ts";

function storageWith(kept: string | null) {
  let value = kept;
  return { getItem: () => value, setItem: (_: string, next: string) => (value = next) };
}

test("what was chosen is kept, each choice beside the others", () => {
  const storage = storageWith(null);
  keepPreferences({ language: "de" }, storage);
  keepPreferences({ quality: "premium" }, storage);
  expect(readPreferences(storage)).toEqual({ language: "de", quality: "premium" });
});

test.each(["not json", "null", "7"])("what others left there (%s) is passed over", (kept) => {
  expect(readPreferences(storageWith(kept))).toEqual({});
});

test("a browser that forbids storage does not stop the page", () => {
  const forbid = (): never => {
    throw new DOMException("no", "SecurityError");
  };
  const storage = { getItem: forbid, setItem: forbid };
  keepPreferences({ language: "de" }, storage);
  expect(readPreferences(storage)).toEqual({});
});
