/** Gives React a document in Node, and leaves Node's own URL, fetch and AbortSignal in place. Import it before React. */
import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!doctype html>");
const globals = {
  window,
  document: window.document,
  navigator: window.navigator,
};
for (const [name, value] of Object.entries(globals)) Object.defineProperty(globalThis, name, { value });
