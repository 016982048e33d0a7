/** Returns a storage with one entry, which every key reads and writes. */
export function memoryStorage(
  entry: string | null = null,
): Pick<Storage, "getItem" | "setItem" | "removeItem"> {
  return {
    getItem: () => entry,
    setItem: (_, next) => (entry = next),
    removeItem: () => (entry = null),
  };
}
