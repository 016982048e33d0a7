import { checkFields } from "./fieldErrors.ts";

/**
 * Returns the element with this id.
 *
 * @throws Error if the page has no element of this kind with the id.
 */
export function byId(id: string): HTMLElement;
export function byId<E extends HTMLElement>(id: string, kind: new () => E): E;
export function byId(id: string, kind: new () => HTMLElement = HTMLElement): HTMLElement {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`The page has no ${kind.name} with the id ${id}.`);
  return element;
}

export function onClick(id: string, action: () => void): void {
  byId(id).addEventListener("click", action);
}

/**
 * Runs an action when a form is submitted, instead of the browser's own submission. If a field has no
 * allowed value, shows that beside the field instead.
 */
export function onSubmit(id: string, action: () => void): void {
  const form = byId(id, HTMLFormElement);
  form.noValidate = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (checkFields(form)) action();
  });
}

export function onChange(id: string, action: (value: string) => void): void {
  byId(id).addEventListener("change", ({ target }) => action((target as HTMLInputElement).value));
}

/** A step of a page: its section, and the words of its title. */
export interface PageStep {
  readonly section: string | undefined;
  readonly title: string;
}

/**
 * Returns a function that shows a step's section and hides the others. The title of the document says the
 * step, and the keyboard's and the screen reader's focus moves to the section, except when the page loads.
 *
 * @param isLoad whether the page has not shown a step yet.
 */
export function stepShower<Step extends string>(
  steps: Readonly<Record<Step, PageStep>>,
  isLoad: boolean,
): (shown: Step) => void {
  const sections = Object.values<PageStep>(steps).flatMap(({ section }) => section ?? []);
  return (shown) => {
    const { section, title } = steps[shown];
    for (const other of sections) byId(other).hidden = other !== section;
    byId("title").textContent = title;
    document.title = `${title} · Live sessions`;
    if (section === undefined) return;
    if (!isLoad) moveFocus(byId(section));
    isLoad = false;
  };
}

function moveFocus(section: HTMLElement): void {
  section.tabIndex = -1;
  section.focus();
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export function fillSelect(id: string, choices: readonly Choice[], selected: string | undefined): void {
  const select = byId(id, HTMLSelectElement);
  select.replaceChildren(...choices.map(({ value, label }) => new Option(label, value)));
  if (choices.some(({ value }) => value === selected)) select.value = selected ?? "";
}

/** Shows a text that changes rarely: a status region is announced each time its text is set. */
export function showText(id: string, text: string): void {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

export function showAlert(text: string | undefined): void {
  const alert = byId("alert");
  alert.textContent = text ?? "";
  alert.hidden = text === undefined;
}

export function showLoading(isLoading: boolean): void {
  byId("loading").hidden = !isLoading;
}
