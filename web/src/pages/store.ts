import { Observable, type Unsubscribe } from "../client/index.ts";

/** What a page shows, in one place: parts of the page watch their part of the state. */
export class Store<State extends object> extends Observable<State> {
  patch(change: Partial<State>): void {
    this.set({ ...this.value, ...change });
  }

  /** Calls `show` with what `select` picks, now and whenever that changes. */
  watch<Part>(select: (state: State) => Part, show: (part: Part) => void): Unsubscribe {
    let shown: { part: Part } | undefined;
    return this.subscribe((state) => {
      const part = select(state);
      if (shown && Object.is(shown.part, part)) return;
      shown = { part };
      show(part);
    });
  }
}
