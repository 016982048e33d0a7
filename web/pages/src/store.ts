import { Observable, type Unsubscribe } from "websocket-sessions";

/** The state that a page shows. Each part of the page watches its part of the state. */
export class Store<State extends object> extends Observable<State> {
  /** Replaces some properties of the state. */
  patch(change: Partial<State>): void {
    this.set({ ...this.value, ...change });
  }

  /** Calls `show` with the selected part of the state now, and again whenever that part changes. */
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
