// @vitest-environment jsdom
import { expect, test } from "vitest";
import { byId, stepShower } from "./dom.ts";

const STEPS = {
  loading: { section: undefined, title: "Speaker" },
  signIn: { section: "sign-in", title: "Sign in to speak" },
  setup: { section: "setup", title: "New session" },
} as const;

test("the focus moves to each step but the page's first, also after a step that shows nothing", () => {
  document.body.innerHTML = `
    <h1 id="title"></h1><section id="sign-in" hidden></section><section id="setup" hidden></section>`;
  const show = stepShower(STEPS, true);
  show("loading");
  show("signIn");
  expect(document.activeElement).toBe(document.body);
  expect(byId("sign-in").hidden).toBe(false);
  show("loading");
  expect(byId("sign-in").hidden).toBe(true);
  show("setup");
  expect(document.activeElement).toBe(byId("setup"));
  expect([document.title, byId("title").textContent]).toEqual(["New session · Live sessions", "New session"]);
});
