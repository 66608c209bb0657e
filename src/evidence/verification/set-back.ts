/** Finds out whether the clock of the database was set back while entries were written. */
import type { SealedEntry } from './entry.ts';
import { finding, type Finding } from './finding.ts';

/** A clock that is corrected goes back by less. */
const toleratedSetBackMs = 60_000;

/** No transaction of this program takes longer. */
const longestTransactionMs = 1_800_000;

/** Entries in a row that are earlier than one before them. */
type SetBack = {
  readonly from: SealedEntry;
  readonly until: SealedEntry;
  readonly latestMs: number;
};

/**
 * Entries are sealed in the order in which they were written, so that their times hardly ever go back. A step of the clock
 * is one finding, however many entries were written until the time that it had shown before.
 */
export function findSetBacks(entries: readonly SealedEntry[]): readonly Finding[] {
  const findings: Finding[] = [];
  let latestMs = -Infinity;
  let setBack: SetBack | undefined;
  const tell = (): void => {
    if (setBack !== undefined) findings.push(describe(setBack));
    setBack = undefined;
  };
  for (const entry of entries) {
    const writtenMs = findWrittenMs(entry);
    // Manifests that waited in a backup are sealed after those lost since.
    if (entry.kind === 'restore') latestMs = -Infinity;
    else if (writtenMs < latestMs - toleratedSetBackMs)
      setBack = { from: setBack?.from ?? entry, until: entry, latestMs };
    else if (!Number.isNaN(writtenMs)) {
      tell();
      latestMs = Math.max(latestMs, writtenMs);
    }
  }
  tell();
  return findings;
}

function findWrittenMs({ storedAt, notedAt }: SealedEntry): number {
  const begunMs = Date.parse(storedAt);
  const notedMs = Date.parse(notedAt);
  return notedMs - begunMs <= longestTransactionMs ? notedMs : begunMs;
}

function describe({ from, until, latestMs }: SetBack): Finding {
  const latest = new Date(latestMs).toISOString();
  const sentence =
    from.index === until.index
      ? `Entry ${from.index} was written at ${from.storedAt}, and one before it at ${latest}`
      : `Entries ${from.index} to ${until.index} were written at ${from.storedAt} and later, and one before them at ${latest}`;
  return finding('clock_set_back', `${sentence}: the clock of the database was set back.`, {
    entry: from.index,
  });
}
