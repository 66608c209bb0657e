/** Writes the rows of a log into a package: the rows themselves, a table for people, and a proof for each. */
import type { Database } from '../../database/client.ts';
import { explainMismatch } from '../../evidence/proving/mismatch.ts';
import type { Prover, ProvenRow, Unproven } from '../../evidence/proving/prover.ts';
import type { ArchivedRows } from '../../evidence/verification/archived-rows.ts';
import type { LogStream } from '../../streams/stream.ts';
import { byteOrderMark } from '../forms/csv.ts';
import { readAllPacked } from './archived-selection.ts';
import { createRowLines, type PackedRow } from './row-lines.ts';
import type { SelectedSpan } from './archived-selection.ts';
import type { Spool } from './spool.ts';
import type { PackedStream } from './statement.ts';

/** What is done with the rows of a log. */
type PackTask = {
  readonly account: string;
  readonly stream: LogStream;
  readonly selection: SelectedSpan;
  readonly prove: Prover;
  /** Archived rows; undefined if there are none. */
  readonly archived: ArchivedRows | undefined;
  /** When the log was begun. */
  readonly begunAt: string;
  /** Called for each row. */
  readonly report: (micros: string) => void;
};

/** Where the lines go, each kind into a file of its own. */
type RowSpools = { readonly rows: Spool; readonly table: Spool; readonly proofs: Spool };

/** What became of the rows. */
export type PackedRows = PackedStream & {
  /** How many rows each day has, and how many of them were first stored after the log began. */
  readonly days: ReadonlyMap<string, number>;
  readonly newDays: ReadonlyMap<string, number>;
  /** Days with rows that are not sealed yet. */
  readonly unsettled: ReadonlySet<string>;
  /** The manifests of the rows. */
  readonly entries: ReadonlySet<number>;
  readonly findings: readonly string[];
  /** A row with its proof, to show how one is checked. */
  readonly example: ProvenRow | undefined;
};

/** Writes the rows of a log with their proofs. A row that is not as sealed gets no proof, and is named. */
export async function packRows(
  db: Database,
  { account, stream, selection, prove, archived, begunAt, report }: PackTask,
  { rows, table, proofs }: RowSpools,
): Promise<PackedRows> {
  const lines = await createRowLines(db, account, stream.table);
  await table.write(`${byteOrderMark}${lines.columns.join(',')}\r\n`);
  const tally = createTally();
  const doubtful = new Map<number, Unproven>();
  for await (const row of readAllPacked(db, { account, stream, selection, archived })) {
    const proven = await prove(stream, row);
    await rows.write(`${lines.toJson(row)}\n`);
    await table.write(`${lines.toCells(row)}\r\n`);
    await proofs.write(`${formatProofLine(row, proven)}\n`);
    tally.add(row, proven, begunAt);
    if ('reason' in proven && proven.reason === 'mismatch') {
      const place = proven.entry?.index ?? -1 - doubtful.size;
      if (doubtful.size < mostNamed && !doubtful.has(place)) {
        doubtful.set(place, proven);
        tally.find(await explain(db, account, stream, row, proven, archived));
      }
    }
    report(row.micros);
  }
  return tally.end();
}

/** Beyond this number of wrong pages, nobody reads their names. */
const mostNamed = 100;

function formatProofLine({ id, time }: PackedRow, proven: ProvenRow | Unproven): string {
  const common = { id, time, entry: proven.entry?.index ?? null };
  return JSON.stringify(
    'reason' in proven
      ? { ...common, unproven: proven.reason }
      : { ...common, salt: proven.salt, proof: proven.proof },
  );
}

/** What is wrong with a row, or with others of its page. */
async function explain(
  db: Database,
  account: string,
  stream: LogStream,
  { id, time }: PackedRow,
  { entry }: Unproven,
  archived: ArchivedRows | undefined,
): Promise<readonly string[]> {
  if (entry === undefined)
    return [`Row ${id} of ${time} in ${stream.name} belongs to no manifest of the sealed log.`];
  const found = await explainMismatch(db, account, stream, entry, archived);
  return found.length > 0
    ? found
    : [
        `Entry ${entry.index} of the sealed log, which has row ${id} of ${time} in ${stream.name}, does not lead to the checkpoint.`,
      ];
}

function createTally() {
  const [days, newDays] = [new Map<string, number>(), new Map<string, number>()];
  const unsettled = new Set<string>();
  const entries = new Set<number>();
  const unproven: Record<string, number> = {};
  const findings: string[] = [];
  let [rows, proven] = [0, 0];
  let example: ProvenRow | undefined;
  return {
    add({ time, firstStoredAt }: PackedRow, answer: ProvenRow | Unproven, begunAt: string): void {
      rows += 1;
      const day = time.slice(0, 10);
      days.set(day, (days.get(day) ?? 0) + 1);
      if (firstStoredAt >= begunAt) newDays.set(day, (newDays.get(day) ?? 0) + 1);
      if (answer.entry !== undefined) entries.add(answer.entry.index);
      if ('reason' in answer) {
        unproven[answer.reason] = (unproven[answer.reason] ?? 0) + 1;
        if (answer.reason === 'not_sealed') unsettled.add(day);
        return;
      }
      proven += 1;
      example ??= answer;
    },
    find: (sentences: readonly string[]): void => void findings.push(...sentences),
    end: (): PackedRows => ({
      rows,
      proven,
      unproven,
      days,
      newDays,
      unsettled,
      entries,
      findings,
      example,
    }),
  };
}
