/**
 * Times by record. Instead of the id it keeps 53 bits of its hash, and everything outside of V8's heap: a map with the ids of
 * 40,000 records took 4 MB, and half of that again until it was cleaned up (docs/performance.md).
 */
import { hashText } from '../text-hash.ts';

/** Times in milliseconds since 1970, by the keys of `hashId`. */
export type RecordTimes = {
  readonly size: number;
  get(key: number): number | undefined;
  set(key: number, timeMs: number): void;
};

/** So few records take 16 KB: most runs read little. */
const fewestSlots = 1024;
/** Above that share of slots in use, a search for a free one takes long. */
const mostShare = 0.75;

/** Creates an empty memory. */
export function createRecordTimes(): RecordTimes {
  // No key is 0: such a slot is free.
  let keys = new Float64Array(fewestSlots);
  let times = new Float64Array(fewestSlots);
  let size = 0;

  function find(key: number): number {
    const last = keys.length - 1;
    let slot = key & last;
    while (keys[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) & last;
    return slot;
  }

  function put(key: number, timeMs: number): void {
    const slot = find(key);
    if (keys[slot] === 0) size += 1;
    keys[slot] = key;
    times[slot] = timeMs;
  }

  function grow(): void {
    const [formerKeys, formerTimes] = [keys, times];
    keys = new Float64Array(formerKeys.length * 2);
    times = new Float64Array(formerKeys.length * 2);
    size = 0;
    for (const [slot, key] of formerKeys.entries()) if (key !== 0) put(key, formerTimes[slot] ?? 0);
  }

  return {
    get size() {
      return size;
    },
    get(key) {
      const slot = find(key);
      return keys[slot] === 0 ? undefined : times[slot];
    },
    set(key, timeMs) {
      if (size >= keys.length * mostShare) grow();
      put(key, timeMs);
    },
  };
}

const words = new Uint32Array(2);

/** The key of a record: two different ones of a run have the same one hardly ever, once in 200 billion times. */
export function hashId(id: string): number {
  hashText(id, words);
  return (words[0] ?? 0) * 2 ** 21 + ((words[1] ?? 0) >>> 11) || 1;
}
