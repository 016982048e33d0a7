/** The element with this id and of this kind, which the page's HTML must have. */
export function byId(id: string): HTMLElement;
export function byId<E extends HTMLElement>(id: string, kind: new () => E): E;
export function byId(id: string, kind: new () => HTMLElement = HTMLElement): HTMLElement {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return element;
}

export function onClick(id: string, action: () => void): void {
  byId(id).addEventListener("click", action);
}

/** Runs an action when a form is submitted, in place of the browser's own. */
export function onSubmit(id: string, action: () => void): void {
  byId(id).addEventListener("submit", (event) => {
    event.preventDefault();
    action();
  });
}

export function onChange(id: string, action: (value: string) => void): void {
  byId(id).addEventListener("change", ({ target }) => action((target as HTMLInputElement).value));
}

/** Shows one of several sections, or none. */
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
