/** Records that are gone from the source by hand (contract Q29). */

/** Which records of which log are gone. */
export type DeletionBook = {
  readonly remove: (stream: string, ids: readonly string[]) => void;
  /** Brings all records back. */
  readonly clear: () => void;
  readonly has: (stream: string, id: string | number) => boolean;
};

/** Begins with nothing gone. */
export function createDeletionBook(): DeletionBook {
  const gone = new Map<string, Set<string>>();
  return {
    remove(stream, ids) {
      const own = gone.get(stream) ?? new Set();
      for (const id of ids) own.add(id);
      gone.set(stream, own);
    },
    clear: () => gone.clear(),
    has: (stream, id) => gone.get(stream)?.has(String(id)) === true,
  };
}
