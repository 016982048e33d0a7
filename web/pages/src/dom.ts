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

/** Shows one of several sections and hides the others; undefined hides all. */
export function showOnly(sections: readonly string[], shown: string | undefined): void {
  for (const id of sections) byId(id).hidden = id !== shown;
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

export function showAlert(text: string | undefined): void {
  const alert = byId("alert");
  alert.textContent = text ?? "";
  alert.hidden = text === undefined;
}
