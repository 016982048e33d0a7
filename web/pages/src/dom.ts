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

/** Runs an action when a form is submitted, instead of the browser's own submission. */
export function onSubmit(id: string, action: () => void): void {
  byId(id).addEventListener("submit", (event) => {
    event.preventDefault();
    action();
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
 * Shows a step's section and hides the others. The title of the document says the step, and the keyboard's
 * and the screen reader's focus moves to the section, except when the page loads.
 */
export function showStep(steps: Readonly<Record<string, PageStep>>, shown: string): void {
  const step = steps[shown];
  const isLoad = Object.values(steps).every(({ section }) => section === undefined || byId(section).hidden);
  for (const { section } of Object.values(steps)) if (section !== undefined) byId(section).hidden = true;
  if (!step) return;
  byId("title").textContent = step.title;
  document.title = `${step.title} · Live sessions`;
  if (step.section === undefined) return;
  const section = byId(step.section);
  section.hidden = false;
  if (isLoad) return;
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
