/** Looks records up by id, many at once. Ids that are not in the answer are unknown. */
export type FindMany<Found> = (ids: readonly string[]) => Promise<ReadonlyMap<string, Found>>;

/**
 * Adds a memory to a look-up, so that no id is looked up twice: it keeps the `capacity` most recently used ids, found or
 * unknown, and forgets the least recently used first.
 *
 * @param batch how many ids one look-up takes
 */
export function rememberLookups<Found>(
  findMany: FindMany<Found>,
  { batch, capacity }: { readonly batch: number; readonly capacity: number },
): FindMany<Found> {
  const memory = new Map<string, Found | undefined>();

  return async (ids) => {
    const wanted = [...new Set(ids)];
    const answer = new Map<string, Found>();
    const missing: string[] = [];
    for (const id of wanted) {
      const known = memory.get(id);
      if (known !== undefined) answer.set(id, known);
      else if (!memory.has(id)) missing.push(id);
    }
    for (let start = 0; start < missing.length; start += batch) {
      const asked = missing.slice(start, start + batch);
      const found = await findMany(asked);
      for (const id of asked) {
        const record = found.get(id);
        if (record !== undefined) answer.set(id, record);
        memory.set(id, record);
      }
    }
    for (const id of wanted) {
      // Deleted and set again: the order of a Map is that of insertion.
      memory.delete(id);
      memory.set(id, answer.get(id));
    }
    for (const id of memory.keys()) {
      if (memory.size <= capacity) break;
      memory.delete(id);
    }
    return answer;
  };
}

/** Values in arrays of at most `size`, in order, as they are read. */
export async function* inBlocks<T>(values: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let block: T[] = [];
  for await (const value of values) {
    block.push(value);
    if (block.length === size) {
      yield block;
      block = [];
    }
  }
  if (block.length > 0) yield block;
}
