/** Brings archived rows back: into the table of their log, where they count again, or into another schema, to look at them. */
import type { Classify } from '../classification/classification.ts';
import { longLimitMs, type Database, type Transaction } from '../database/client.ts';
import type { EnsurePartitions } from '../database/partitions.ts';
import { sqlstates } from '../database/sqlstates.ts';
import { KnownError } from '../errors.ts';
import { escapeText, nothing } from '../evidence/row-leaf.ts';
import { loadPersonKeys } from '../evidence/verification/person-keys.ts';
import { formatMicros } from '../evidence/verification/time-text.ts';
import { openParquet } from '../parquet/reader.ts';
import type { DerivedTable, LogStream, LogTable, Row } from '../streams/stream.ts';
import { checkObject } from './check.ts';
import { archiveFailure } from './failure.ts';
import { loadObjects, noteReturned, type ArchivedObject } from './ledger.ts';
import { readObjectRows } from './object-reader.ts';
import type { ArchiveRow } from './rows.ts';
import type { ArchiveStore } from './store.ts';

/** What comes back. */
type RestoreTask = {
  readonly store: ArchiveStore;
  readonly stream: LogStream;
  /** First day of the month. */
  readonly month: string;
  /** Undefined: of all accounts. */
  readonly account: string | undefined;
  /** The schema of the table that rows are written to; undefined: the table of the log. */
  readonly into: string | undefined;
  readonly classify: Classify;
  readonly ensurePartitions: EnsurePartitions;
  readonly report: (rows: number) => void;
  readonly signal: AbortSignal;
};

/**
 * Brings the archived rows of a month back, object by object: after a kill the next command continues.
 *
 * @returns how many rows came back
 * @throws {KnownError} `archive_failed` for an object that is not as it was written, and for rows that are in the table already
 */
export async function restoreMonth(db: Database, task: RestoreTask): Promise<number> {
  const { store, stream, month, account, into, signal } = task;
  const objects = (await loadObjects(db, { account, stream: stream.name, month })).filter(
    ({ leftAt }) => leftAt !== null,
  );
  if (into !== undefined) await makeTable(db, stream.table, into);
  let rows = 0;
  for (const object of objects) {
    signal.throwIfAborted();
    const keys = await loadPersonKeys(db, object.account);
    const problem = await checkObject(store, stream.table, keys, object);
    if (problem !== undefined) throw archiveFailure(problem.sentence, 'Run "archive verify"');
    await restoreObject(db, task, object);
    rows += object.rows;
    task.report(rows);
  }
  return rows;
}

async function restoreObject(
  db: Database,
  { store, stream, into, classify, ensurePartitions }: RestoreTask,
  object: ArchivedObject,
): Promise<void> {
  const { table } = stream;
  const bytes = await store.read(object.object);
  if (bytes === undefined) throw archiveFailure(`${object.object} is no longer there`);
  if (into === undefined)
    await ensurePartitions(table, [Number(object.first[0]) / 1000, Number(object.last[0]) / 1000]);
  await db
    .transaction(async (tx) => {
      const target = into === undefined ? table.name : nameTable(table, into);
      await tx.query(`select set_config('zendesk_sync.counts_itself', 'on', true)`);
      for await (const rows of readObjectRows(openParquet(bytes), table)) {
        const { statement, lines } = copyRows(table, target, object.account, rows);
        await tx.copy(statement, lines);
        if (into === undefined && table.derived !== undefined)
          await copyDerived(tx, table, table.derived, object.account, rows, classify);
      }
      if (into === undefined) await noteReturned(tx, object);
    }, longLimitMs)
    .catch((error: unknown) => {
      throw explainDouble(error, object);
    });
}

/** A row that a page has written since replaces the archived one; or the month was restored already. */
function explainDouble(error: unknown, { object }: ArchivedObject): unknown {
  const sqlState = error instanceof KnownError ? error.sqlState : undefined;
  if (sqlState !== sqlstates.uniqueViolation) return error;
  return archiveFailure(
    `Rows of ${object} are in the table already, as they are or as Zendesk changed them later`,
    'Use --into with another schema',
  );
}

function nameTable({ name }: LogTable, schema: string): string {
  return `${schema}.${name.slice(name.indexOf('.') + 1)}`;
}

async function makeTable(db: Database, table: LogTable, schema: string): Promise<void> {
  const name = nameTable(table, schema);
  await db.transaction(async (tx) => {
    await tx.query(`create schema if not exists ${schema}`);
    await tx.query(
      `create table if not exists ${name} (like ${table.name} including comments including indexes)`,
    );
  });
}

/** The statement of COPY for rows, and its lines. */
export function copyRows(
  { time, id, columns }: LogTable,
  target: string,
  account: string,
  rows: readonly ArchiveRow[],
): { readonly statement: string; readonly lines: Iterable<string> } {
  const names = ['account', id.name, time, ...columns, 'first_synced_at', 'synced_at'];
  return {
    statement: `copy ${target} (${names.join(', ')}) from stdin`,
    lines: rows.map((row) => {
      const fields = row.values.map((value) => (value === null ? nothing : escapeText(value)));
      const key = [escapeText(account), escapeText(row.id), formatMicros(row.micros)];
      const moments = [formatMicros(row.firstWrittenAt), formatMicros(row.writtenAt)];
      return `${[...key, ...fields, ...moments].join('\t')}\n`;
    }),
  };
}

async function copyDerived(
  tx: Transaction,
  table: LogTable,
  { name, key, columns, derive }: DerivedTable,
  account: string,
  rows: readonly ArchiveRow[],
  classify: Classify,
): Promise<void> {
  const lines = rows.flatMap((row) =>
    derive(toRow(table, row), classify).map((values) => {
      const fields = values.map((value) => (value === null ? nothing : escapeText(String(value))));
      return `${[escapeText(account), formatMicros(row.micros), escapeText(row.id), ...fields].join('\t')}\n`;
    }),
  );
  await tx.copy(
    `copy ${name} (${['account', key.time, key.id, ...columns].join(', ')}) from stdin`,
    lines,
  );
}

/** The columns of a row, as what is derived from it is made of. */
export function toRow({ columns }: LogTable, { values }: Pick<ArchiveRow, 'values'>): Row {
  return Object.fromEntries(
    columns.map((name, place) => [
      name,
      name === 'status' && values[place] !== null ? Number(values[place]) : (values[place] ?? null),
    ]),
  );
}
