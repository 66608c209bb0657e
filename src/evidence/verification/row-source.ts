/** The rows of a log and their former versions, as a verification reads them. */
import type { Database } from '../../database/client.ts';
import type { LogStream } from '../../streams/stream.ts';
import type { SealedRow } from '../rows-root.ts';
import type { SealedEntry } from './entry.ts';
import { inMicros, readSelected, selectSealed, type SelectedRow } from '../stored-rows.ts';

/** A version of a row, and the transaction that wrote it, in microseconds since 1970. */
export type RowVersion = SealedRow & { readonly writtenAt: string };

/** The rows that stand in the table, in the order of their keys. */
export async function* readRows(
  db: Database,
  { table }: LogStream,
  account: string,
): AsyncGenerator<RowVersion> {
  const { name, time, id } = table;
  const rows = db.read<SelectedRow>(
    `select ${selectSealed(table)}, ${inMicros('synced_at')} as "$writtenAt" from ${name}
     where account = $1
     order by ${time}, ${id.name}`,
    [account],
  );
  for await (const row of rows) yield readVersion(row);
}

/** The versions that stood until a revision took their place; not those that were replaced by the transaction that brought them. */
function departedVersions({ name: stream, table }: LogStream): string {
  const values = table.columns.map((column) => `r.content ->> '${column}' as ${column}`).join(', ');
  const writtenAt = `(r.content ->> 'synced_at')::timestamptz`;
  return `select r.id as "$id", ${inMicros('r.occurred_at')} as "$micros", ${values}, ${inMicros(writtenAt)} as "$writtenAt"
    from zendesk.revisions r
    where r.account = $1 and r.stream = '${stream}' and ${writtenAt} <> r.replaced_at`;
}

/** All that a transaction wrote, as it stands or stood: from one snapshot. */
export async function loadWritten(
  db: Database,
  stream: LogStream,
  account: string,
  { storedAt, bounds: [first, last] }: SealedEntry,
): Promise<readonly RowVersion[]> {
  const { table } = stream;
  const rows = await db.query<SelectedRow>(
    `select * from (
       select ${selectSealed(table)}, ${inMicros('synced_at')} as "$writtenAt" from ${table.name}
       where account = $1 and ${table.time} >= $3::timestamptz and ${table.time} <= $4::timestamptz and synced_at = $2::timestamptz
       union all
       ${departedVersions(stream)} and (r.content ->> 'synced_at')::timestamptz = $2::timestamptz
     ) as written`,
    [account, storedAt, dateOf(first, 0), dateOf(last, 1)],
  );
  return rows.map(readVersion);
}

/** The second of a time in microseconds, moved by some. */
function dateOf(micros: string, seconds: number): Date {
  return new Date((Math.floor(Number(micros) / 1_000_000) + seconds) * 1000);
}

/** A version as the columns above give it. */
function readVersion({ $writtenAt, ...row }: SelectedRow): RowVersion {
  return { ...readSelected(row), writtenAt: $writtenAt ?? '' };
}
