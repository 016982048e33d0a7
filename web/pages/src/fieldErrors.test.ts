// @vitest-environment jsdom
import { beforeEach, expect, test } from "vitest";
import { SessionError } from "websocket-sessions";
import { byId, onSubmit } from "./dom.ts";
import { showBesideField } from "./fieldErrors.ts";

let submissions = 0;

beforeEach(() => {
  document.body.innerHTML = `
    <form id="form">
      <label for="name">Name</label>
      <p id="hint">As in the e-mail.</p>
      <input id="name" aria-describedby="hint" data-missing="Enter your name." required />
      <label for="mail">E-mail</label>
      <input id="mail" type="email" data-mistyped="This is not an e-mail address." />
      <button>Send</button>
    </form>`;
  submissions = 0;
  onSubmit("form", () => submissions++);
});

const field = (id: string): HTMLInputElement => byId(id, HTMLInputElement);

/** Returns the texts that a screen reader reads with a field. */
function descriptions(id: string): (string | null | undefined)[] {
  const ids = field(id).getAttribute("aria-describedby")?.split(" ") ?? [];
  return ids.map((description) => document.getElementById(description)?.textContent);
}

function submit(): void {
  byId("form").querySelector("button")?.click();
}

test("each refused field says beside itself what it needs, and the first of them has the focus", () => {
  field("mail").value = "nobody";
  submit();
  expect(submissions).toBe(0);
  expect(descriptions("name")).toEqual(["As in the e-mail.", "Enter your name."]);
  expect(descriptions("mail")).toEqual(["This is not an e-mail address."]);
  expect(field("name").getAttribute("aria-invalid")).toBe("true");
  expect(field("name").nextElementSibling?.textContent).toBe("Enter your name.");
  expect(document.activeElement).toBe(field("name"));
});

test("the first refused field has the focus, also if it is not the first of the form", () => {
  field("name").value = "Ada";
  field("mail").value = "nobody";
  submit();
  expect(document.activeElement).toBe(field("mail"));
  expect(descriptions("name")).toEqual(["As in the e-mail."]);
});

test("an input removes the error of its field and keeps the field's hint", () => {
  submit();
  field("name").value = "Ada";
  field("name").dispatchEvent(new Event("input"));
  expect(descriptions("name")).toEqual(["As in the e-mail."]);
  expect(field("name").hasAttribute("aria-invalid")).toBe(false);
  submit();
  expect(submissions).toBe(1);
});

test("an error of the server is shown beside the field that it concerns, once", () => {
  const error = new SessionError("SESSION_NOT_FOUND", "");
  expect(showBesideField(error, { SESSION_NOT_FOUND: "mail" })).toBe(true);
  expect(showBesideField(error, { SESSION_NOT_FOUND: "mail" })).toBe(true);
  expect(descriptions("mail")).toEqual(["There is no session with this id. Check the id with the speaker."]);
  expect(document.querySelectorAll(".field-error")).toHaveLength(1);
  expect(document.activeElement).toBe(field("mail"));
});

test("an error that concerns a hidden field is left to the page's alert", () => {
  const error = new SessionError("UNSUPPORTED_LANGUAGE", "");
  const choice = document.createElement("div");
  field("mail").replaceWith(choice);
  choice.innerHTML = `<input id="mail" />`;
  choice.hidden = true;
  expect(showBesideField(error, { UNSUPPORTED_LANGUAGE: "mail" })).toBe(false);
  expect(document.querySelectorAll(".field-error")).toHaveLength(0);
  choice.hidden = false;
  expect(showBesideField(error, { UNSUPPORTED_LANGUAGE: "mail" })).toBe(true);
});

test("an error that concerns no field is left to the page's alert", () => {
  expect(showBesideField(new SessionError("UNAVAILABLE", ""), { SESSION_NOT_FOUND: "mail" })).toBe(false);
  expect(showBesideField(new TypeError("bug"), { SESSION_NOT_FOUND: "mail" })).toBe(false);
  expect(document.querySelectorAll(".field-error")).toHaveLength(0);
});
