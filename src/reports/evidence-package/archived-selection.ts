/** The rows for a package: from the table and from the archive, in the order of their keys. */
import type { Classify } from '../../classification/classification.ts';
import type { Database } from '../../database/client.ts';
import type { ArchivedRow, ArchivedRows } from '../../evidence/verification/archived-rows.ts';
import { idOrder } from '../../evidence/rows-root.ts';
import type { LogStream } from '../../streams/stream.ts';
import { replaceRows } from '../shared/archived-database.ts';
import { describeRows } from '../shared/described-rows.ts';
import type { ReportSpan } from '../shared/report.ts';
import { readPackedRows, type PackedRow } from './row-lines.ts';
import type { Selection } from './selection.ts';

/** A selection of rows of a time range. */
export type SelectedSpan = Selection & {
  readonly span: ReportSpan;
  /** Whether all rows of the time range are selected. */
  readonly isWhole: boolean;
  /** Finds out what archived rows are about; undefined if no archive is read. */
  readonly classify: (() => Classify) | undefined;
};

type Selecting = {
  readonly account: string;
  readonly stream: LogStream;
  readonly selection: SelectedSpan;
  readonly archived: ArchivedRows | undefined;
};

/** The selected rows. If a record exists twice, the row that was written last. */
export async function* readAllPacked(
  db: Database,
  selecting: Selecting,
): AsyncGenerator<PackedRow> {
  const { stream, selection, archived } = selecting;
  const hot = readPackedRows(db, stream.table, selection);
  if (archived === undefined) {
    yield* hot;
    return;
  }
  const compareIds = idOrder(stream.table);
  const compare = (a: PackedRow, b: PackedRow): number =>
    a.micros === b.micros ? compareIds(a.id, b.id) : Number(a.micros) - Number(b.micros);
  let last: PackedRow | undefined;
  for await (const row of merge(hot, readArchived(db, selecting, archived), compare)) {
    if (last !== undefined && compare(last, row) !== 0) yield last;
    else if (last !== undefined && last.storedAt > row.storedAt) continue;
    last = row;
  }
  if (last !== undefined) yield last;
}

async function* merge<Row>(
  first: AsyncGenerator<Row>,
  second: AsyncGenerator<Row>,
  compare: (a: Row, b: Row) => number,
): AsyncGenerator<Row> {
  let [a, b] = [await first.next(), await second.next()];
  try {
    while (a.done !== true || b.done !== true) {
      if (b.done === true || (a.done !== true && compare(a.value, b.value) <= 0)) {
        yield a.value as Row;
        a = await first.next();
      } else {
        yield b.value;
        b = await second.next();
      }
    }
  } finally {
    await first.return(undefined);
    await second.return(undefined);
  }
}

async function* readArchived(
  db: Database,
  { account, stream, selection }: Selecting,
  archived: ArchivedRows,
): AsyncGenerator<PackedRow> {
  const { span } = selection;
  const stretch = { from: span.from.getTime() * 1000, until: span.to.getTime() * 1000 };
  const classify = selection.classify?.();
  const { columns } = stream.table;
  for await (const rows of archived.read(stream, account, stretch)) {
    const kept = selection.isWhole
      ? rows
      : await select(db, { account, stream, selection, classify }, rows);
    for (const { id, micros, writtenAt, firstWrittenAt, values } of kept)
      yield {
        id,
        micros,
        row: Object.fromEntries(columns.map((name, place) => [name, values[place] ?? null])),
        time: spellMicros(micros),
        storedAt: spellMicros(writtenAt),
        firstStoredAt: spellMicros(firstWrittenAt),
      };
  }
}

/** Those that meet the condition of the selection, which Postgres knows. */
async function select(
  db: Database,
  {
    account,
    stream: { table },
    selection: { condition, values },
    classify,
  }: Pick<Selecting, 'account' | 'stream' | 'selection'> & {
    readonly classify: Classify | undefined;
  },
  rows: readonly ArchivedRow[],
): Promise<readonly ArchivedRow[]> {
  const own = replaceRows(db, describeRows(table, account, rows, classify));
  const found = await own.query<{ id: string }>(
    `select ${table.id.name}::text as id from ${table.name} where ${condition}`,
    values,
  );
  const ids = new Set(found.map(({ id }) => id));
  return rows.filter(({ id }) => ids.has(id));
}

/** A moment in the form of the sealed log: UTC with microseconds. */
function spellMicros(micros: string): string {
  const ms = Math.floor(Number(micros) / 1000);
  const rest = String(Number(micros) - ms * 1000).padStart(3, '0');
  return new Date(ms).toISOString().replace('Z', `${rest}Z`);
}
