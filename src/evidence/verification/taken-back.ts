/** Entries that were taken back from the published log because the database had lost them. */
import type { SealedEntry } from './entry.ts';
import { finding, type Finding } from './finding.ts';

/** A restore from an older backup that the log tells of. */
export type Restore = {
  readonly notedAt: string;
  /** How many entries describe data that the restored database lacked: it was read again where Zendesk still had it. */
  readonly lost: number;
};

/** A log as it counts. */
type ReadLog = {
  /** Without the entries about data that a restored database lacked. */
  readonly entries: readonly SealedEntry[];
  readonly restores: readonly Restore[];
  readonly findings: readonly Finding[];
};

/** Leaves out what a restore lost, and finds removed entries and entries that somebody else wrote in the sealer's name. */
export function withoutLost(entries: readonly SealedEntry[]): ReadLog {
  const lost = new Set<number>();
  const restores: Restore[] = [];
  const findings: Finding[] = [];
  for (const { kind, index, takenBack } of entries) {
    if (kind === 'foreign')
      findings.push(
        finding(
          'manifest_invalid',
          `Entry ${index} of the log is not from this program: somebody added it to the waiting manifests.`,
          { entry: index },
        ),
      );
    // The entry directly follows those that it is about.
    if (takenBack === undefined || takenBack.until !== index) continue;
    const { from, until, kept, notedAt } = takenBack;
    if (kind === 'cut')
      findings.push(
        finding(
          'log_truncated',
          `Entries ${from} to ${until - 1} were removed from the log in the database while their rows were there; on ${notedAt} they were taken back from the published log.`,
          { entry: index, time: notedAt },
        ),
      );
    if (kind !== 'restore') continue;
    const own = Array.from({ length: until - from }, (_, at) => from + at);
    const gone = own.filter((place) => !kept.includes(place));
    for (const place of gone) lost.add(place);
    restores.push({ notedAt, lost: gone.length });
  }
  const counting = entries.filter(({ index }) => !lost.has(index));
  return {
    entries: counting,
    restores,
    findings: [...findings, ...findSecondBeginnings(counting)],
  };
}

/** The log of a stream begins once and adopts earlier rows once. A second time means that somebody disguised rows as earlier ones. */
function findSecondBeginnings(entries: readonly SealedEntry[]): readonly Finding[] {
  const begun = new Map<string, { readonly before: string | undefined; isComplete: boolean }>();
  return entries.flatMap(({ kind, stream, index, before, isComplete }) => {
    if (kind !== 'found' && kind !== 'adopted') return [];
    const first = begun.get(stream) ?? { before, isComplete: false };
    begun.set(stream, first);
    const isAgain = before !== first.before || (kind === 'adopted' && first.isComplete);
    first.isComplete ||= isComplete;
    if (!isAgain) return [];
    const sentence = `Entry ${index} of the log takes rows of ${stream} into it as if they were from before it, though that was done: somebody had the program do it again.`;
    return [finding('manifest_invalid', sentence, { stream, entry: index })];
  });
}
