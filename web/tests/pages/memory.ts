/** A storage with one entry, whatever its key. */
export function memory(kept: string | null = null): Pick<Storage, "getItem" | "setItem" | "removeItem"> {
  return {
    getItem: () => kept,
    setItem: (_, next) => (kept = next),
    removeItem: () => (kept = null),
  };
}
