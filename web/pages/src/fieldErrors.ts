import { SessionError, type FailureCode } from "websocket-sessions";
import { failureText } from "./uiText.ts";

type Field = HTMLInputElement | HTMLSelectElement;

/** Shows beside a field why its value is refused, and moves the focus there. The next input removes the text. */
export function showFieldError(field: Field, text: string): void {
  markField(field, text);
  field.focus();
}

/**
 * Returns whether every field of a form has an allowed value. Shows beside each other field what it needs,
 * and moves the focus to the first of them.
 */
export function checkFields(form: HTMLFormElement): boolean {
  const fields = [...form.querySelectorAll<Field>("input, select")];
  for (const field of fields) clearFieldError(field);
  const refused = fields.filter((field) => !field.validity.valid);
  for (const field of refused) markField(field, refusalText(field));
  refused[0]?.focus();
  return refused.length === 0;
}

/**
 * Shows an error beside the field that it concerns. Returns false if it concerns none, or if the page hides
 * the field.
 *
 * @param fields the ids of the fields by the error codes that concern them.
 */
export function showBesideField(
  error: unknown,
  fields: Readonly<Partial<Record<FailureCode, string>>>,
): boolean {
  const id = error instanceof SessionError ? fields[error.code] : undefined;
  const field = id === undefined ? null : document.querySelector<Field>(`#${id}`);
  if (!field || field.closest("[hidden]")) return false;
  showFieldError(field, failureText(error));
  return true;
}

/** Returns the page's own text: a browser's text is in the browser's language and names no field. */
function refusalText(field: Field): string {
  const { missing, mistyped } = field.dataset;
  const text = field.validity.valueMissing ? missing : mistyped;
  return text ?? field.validationMessage;
}

function markField(field: Field, text: string): void {
  clearFieldError(field);
  const error = document.createElement("p");
  error.id = `${field.id}-error`;
  error.className = "field-error";
  error.textContent = text;
  field.after(error);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", [...descriptions(field), error.id].join(" "));
  field.addEventListener("input", () => clearFieldError(field), { once: true });
}

/** Removes the error beside a field, if there is one. */
export function clearFieldError(field: Field): void {
  const id = `${field.id}-error`;
  document.getElementById(id)?.remove();
  field.removeAttribute("aria-invalid");
  const others = descriptions(field).filter((description) => description !== id);
  if (others.length > 0) field.setAttribute("aria-describedby", others.join(" "));
  else field.removeAttribute("aria-describedby");
}

/** Returns the ids of the elements that describe a field, such as a hint. */
function descriptions(field: Field): string[] {
  return field.getAttribute("aria-describedby")?.split(" ").filter(Boolean) ?? [];
}
