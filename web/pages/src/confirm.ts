import { byId } from "./dom.ts";

/** A question whose answer cannot be undone. */
export interface Question {
  readonly title: string;
  readonly text: string;
  /** The words of the button that confirms. */
  readonly confirm: string;
}

/** Asks in the page's dialog. Returns false if the person cancels or presses Escape. */
export async function confirmed({ title, text, confirm }: Question): Promise<boolean> {
  const dialog = byId("confirm", HTMLDialogElement);
  byId("confirm-title").textContent = title;
  byId("confirm-text").textContent = text;
  byId("confirm-yes").textContent = confirm;
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  return dialog.returnValue === "yes";
}
