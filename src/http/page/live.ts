/** The overview as it changes: what is the same is neither asked twice nor sent twice. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSnapshot } from '../snapshot.ts';

/** The parts of something, by names that stay. */
type Parts = ReadonlyMap<string, unknown>;

/** Parts, and the version that they are of. */
type Version = {
  readonly version: string;
  readonly parts: Readonly<Record<string, unknown>>;
};

/** Something that changes. */
type Live = {
  /** All parts: those that are known already, if that is not long ago, because what has changed since follows at once. */
  readonly current: () => Promise<Version>;
  /** Whether there is an answer at all. @throws {KnownError} if not */
  readonly check: () => Promise<void>;
  /** The parts that have changed since a version, once there are any; all for a version of another process. */
  readonly next: (version: string, signal: AbortSignal) => Promise<Version>;
};

/** What is older is not shown, not even for a moment. */
const oldMs = 60_000;

/** @param everyMs how long an answer is kept, for any number of listeners */
export function createLive(load: () => Promise<Parts>, everyMs: number, limitMs: number): Live {
  const own = randomUUID();
  const texts = new Map<string, { readonly text: string; readonly changed: number }>();
  let count = 0;
  let known: { readonly parts: Parts; readonly atMs: number } | undefined;
  const refresh = async (): Promise<Parts> => {
    const parts = await load();
    count += 1;
    for (const [name, part] of parts) {
      const text = JSON.stringify(part);
      if (texts.get(name)?.text !== text) texts.set(name, { text, changed: count });
    }
    for (const name of texts.keys()) if (!parts.has(name)) texts.delete(name);
    known = { parts, atMs: performance.now() };
    return parts;
  };
  const snapshot = createSnapshot({ load: refresh, keepMs: everyMs, limitMs });
  const select = (parts: Parts, since: number): Version => ({
    version: `${own}.${count}`,
    parts: Object.fromEntries(
      [...parts].filter(([name]) => (texts.get(name)?.changed ?? 0) > since),
    ),
  });
  return {
    async current() {
      const answer = snapshot();
      if (known === undefined || performance.now() - known.atMs > oldMs)
        return select(await answer, 0);
      // Whoever listens hears of the failure.
      answer.catch(() => {});
      return select(known.parts, 0);
    },
    async check() {
      await snapshot();
    },
    async next(version, signal) {
      const [process, number] = version.split('.');
      const since = process === own ? Number(number) : 0;
      for (;;) {
        const found = select(await snapshot(), since);
        if (Object.keys(found.parts).length > 0) return found;
        await sleep(everyMs, undefined, { signal });
      }
    },
  };
}
