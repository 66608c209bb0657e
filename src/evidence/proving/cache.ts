/** Keeps what was loaded last, so that it is not loaded again. */

/** Keeps a number of values, those that were requested last. */
type Cache<Value> = {
  get(name: string, load: () => Promise<Value>): Promise<Value>;
};

/** Creates a cache that keeps at most so many values. */
export function createCache<Value>(most: number): Cache<Value> {
  const kept = new Map<string, Value>();
  return {
    async get(name, load) {
      const known = kept.get(name);
      const value = known ?? (await load());
      kept.delete(name);
      kept.set(name, value);
      const [oldest] = kept.keys();
      if (kept.size > most && oldest !== undefined) kept.delete(oldest);
      return value;
    },
  };
}
