/** Explains why the log in the database is shorter than its published copy. */
import type { Database } from '../../database/client.ts';
import { KnownError } from '../../errors.ts';
import type { LogStream } from '../../streams/stream.ts';
import type { Frontier } from '../forms/frontier.ts';
import { parseVerifierKey } from '../forms/keys.ts';
import { readLostEntries, type PublishedCopy } from '../restore/lost-entries.ts';
import { haveRemnants } from '../restore/remnants.ts';
import { readEntry, type SealedEntry } from './entry.ts';
import { finding, type Finding } from './finding.ts';

type ShorterLog = {
  readonly account: string;
  readonly origin: string;
  readonly key: string;
  readonly frontier: Frontier;
  readonly logs: readonly LogStream[];
  /** Waiting manifests: their rows exist although the log lost the entries. */
  readonly waiting: readonly SealedEntry[];
};

type LongerLog = {
  readonly name: string;
  readonly note: string;
  readonly size: number;
  /** Where the entries themselves are published, if anywhere. */
  readonly copy: PublishedCopy | undefined;
};

/** Distinguishes a restored database from a log that was cut, where the missing entries are published. */
export async function explainShorter(
  db: Database,
  shorter: ShorterLog,
  { name, note, size, copy }: LongerLog,
): Promise<Finding> {
  const { account, origin, key, frontier, logs, waiting } = shorter;
  const differs = `The log has ${frontier.size} entries, and ${name} says ${size}`;
  const facts = { anchor: name };
  const either = `${differs}: ${size - frontier.size} were removed, or the database was restored from an older backup.`;
  if (copy === undefined) return finding('log_truncated', either, facts);
  try {
    const of = { account, origin, keys: [parseVerifierKey(key)] };
    const lost = await readLostEntries(copy, of, note, frontier);
    const gone = lost.flatMap((entry, at): SealedEntry[] => {
      const read = readEntry(frontier.size + at, entry, null);
      const isWaiting = waiting.some(
        ({ stream, storedAt }) => stream === read?.stream && storedAt === read.storedAt,
      );
      return read === undefined || isWaiting ? [] : [read];
    });
    if (await haveRemnants(db, account, logs, gone))
      return finding(
        'log_truncated',
        `${differs}: ${size - frontier.size} were removed, but rows that they describe still exist.`,
        facts,
      );
    return finding(
      'database_restored',
      `${differs}, and nothing that the missing ones describe exists: the database was restored from an older backup. The next run takes the entries back from the published log and reads again what was lost.`,
      facts,
    );
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return finding('log_truncated', either, facts);
  }
}
