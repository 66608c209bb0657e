/** The rows of a log and their former versions, as a verification reads them. */
import type { Database, Queryable } from '../../database/client.ts';
import type { LogStream } from '../../streams/stream.ts';
import { canonicalJson } from '../canonical-json.ts';
import { escapeText, layOut, nothing, unescapeText } from '../row-leaf.ts';
import type { SealedRow } from '../rows-root.ts';
import { besidesArchive, mergeRows, type ArchivedRows } from './archived-rows.ts';
import type { SealedEntry } from './entry.ts';
import type { Stretch } from './row-parts.ts';
import { formatMicros } from './time-text.ts';
import { inMicros, readSelected, selectSealed, type SelectedRow } from '../stored-rows.ts';
import type { RowVersion, StandingRow } from './standing-row.ts';

/** The rows of a time range from the table and the archive, in batches, in the order of their keys. */
export function readRows(
  db: Database,
  stream: LogStream,
  account: string,
  stretch: Stretch,
  archive?: ArchivedRows,
): AsyncIterable<readonly StandingRow[]> {
  const standing = readStanding(db, stream, account, stretch, archive);
  if (archive === undefined) return standing;
  return mergeRows(stream.table, standing, archive.read(stream, account, stretch));
}

/** COPY writes exactly what is hashed. */
async function* readStanding(
  db: Database,
  { table }: LogStream,
  account: string,
  { from, until }: Stretch,
  archive: ArchivedRows | undefined,
): AsyncGenerator<readonly StandingRow[]> {
  const { name, time, id, actor } = table;
  const { plain, personal } = layOut(table);
  const key = [inMicros('synced_at'), actor, id.name, inMicros(time)];
  const pieces = db.copyOut(
    `copy (
       select ${[...key, ...plain, ...personal].join(', ')} from ${name}
       where account = current_setting('zendesk_sync.value1')
         and ${time} >= '${spell(from)}'::timestamptz and ${time} < '${spell(until)}'::timestamptz${besidesArchive(table, archive)}
       order by ${time}, ${id.name}
     ) to stdout`,
    [account],
  );
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    const bytes = Buffer.concat([rest, piece]);
    const end = bytes.lastIndexOf('\n') + 1;
    rest = bytes.subarray(end);
    const lines = bytes.toString('utf8', 0, end).split('\n');
    // Nothing follows the last line feed.
    yield lines.slice(0, -1).map((line) => readLine(line, plain.length));
  }
}

/** A line of COPY: when it was written, who acted, id, time, and the columns of each commitment. */
function readLine(line: string, plainColumns: number): StandingRow {
  const actorAt = line.indexOf('\t') + 1;
  const idAt = line.indexOf('\t', actorAt) + 1;
  const microsAt = line.indexOf('\t', idAt) + 1;
  const plainAt = line.indexOf('\t', microsAt);
  let personalAt = plainAt;
  for (let column = 0; column < plainColumns; column += 1)
    personalAt = line.indexOf('\t', personalAt + 1);
  const extraAt = line.lastIndexOf('\t') + 1;
  const extra = line.slice(extraAt);
  const actor = line.slice(actorAt, idAt - 1);
  const micros = line.slice(microsAt, plainAt);
  return {
    micros,
    writtenAt: line.slice(0, actorAt - 1),
    actor: actor === nothing ? null : actor,
    canonical: {
      id: line.slice(idAt, microsAt - 1),
      micros,
      plain: line.slice(plainAt, personalAt),
      personal:
        extra === nothing
          ? line.slice(personalAt)
          : line.slice(personalAt, extraAt) + escapeText(canonicalJson(unescapeText(extra))),
    },
  };
}

/** When a version in the revisions had been written. */
const departedWrittenAt = `(r.content ->> 'synced_at')::timestamptz`;

/** The versions that are revisions. */
function selectRevisions({ name: stream, table }: LogStream, more = ''): string {
  const values = table.columns.map((column) => `r.content ->> '${column}' as ${column}`).join(', ');
  return `select r.id as "$id", ${inMicros('r.occurred_at')} as "$micros", ${values}, ${inMicros(departedWrittenAt)} as "$writtenAt"${more}
    from zendesk.revisions r
    where r.account = $1 and r.stream = '${stream}'`;
}

/** The versions that were current until a revision replaced them, except those replaced by the transaction that wrote them. */
function departedVersions(stream: LogStream, more = ''): string {
  return `${selectRevisions(stream, more)} and ${departedWrittenAt} <> r.replaced_at`;
}

/** What a transaction wrote and is still current, in no order. */
export async function loadStanding(
  db: Queryable,
  { table }: LogStream,
  account: string,
  { storedAt, bounds: [first, last] }: SealedEntry,
): Promise<readonly SealedRow[]> {
  const rows = await db.query<SelectedRow>(
    `select ${selectSealed(table)} from ${table.name}
     where account = $1 and ${table.time} >= $3::timestamptz and ${table.time} <= $4::timestamptz and synced_at = $2::timestamptz`,
    [account, storedAt, dateOf(first, 0), dateOf(last, 1)],
  );
  return rows.map(readSelected);
}

/** Everything that a transaction wrote, current or former, from one snapshot. */
export async function loadWritten(
  db: Queryable,
  stream: LogStream,
  account: string,
  { storedAt, bounds: [first, last] }: SealedEntry,
  archive: ArchivedRows | undefined,
): Promise<readonly RowVersion[]> {
  const { table } = stream;
  const rows = await db.query<SelectedRow>(
    `select * from (
       select ${selectSealed(table)}, ${inMicros('synced_at')} as "$writtenAt" from ${table.name}
       where account = $1 and ${table.time} >= $3::timestamptz and ${table.time} <= $4::timestamptz and synced_at = $2::timestamptz${besidesArchive(table, archive)}
       union all
       ${departedVersions(stream)} and r.occurred_at >= $3::timestamptz and r.occurred_at <= $4::timestamptz
         and (r.content ->> 'synced_at')::timestamptz = $2::timestamptz
     ) as written`,
    [account, storedAt, dateOf(first, 0), dateOf(last, 1)],
  );
  return rows.map(readVersion);
}

/** A parameter of microseconds since 1970 as a time. */
function moment(place: number): string {
  return `('epoch'::timestamptz + $${place}::bigint * interval '1 microsecond')`;
}

/** An adopted version, and when a page replaced it. */
type AdoptedVersion = RowVersion & { readonly replacedAt: string | undefined };

/** Versions from before the log, current or former, between the first and the last row of a manifest: from one snapshot. */
export async function loadAdopted(
  db: Queryable,
  stream: LogStream,
  account: string,
  { before, edges: [first, last] }: SealedEntry,
  archive?: ArchivedRows,
): Promise<readonly AdoptedVersion[]> {
  const { table } = stream;
  const { name, time, id } = table;
  const idType = id.type === 'text' ? 'text collate "C"' : id.type;
  const within = (at: string, key: string): string =>
    `${at} between ${moment(3)} and ${moment(5)} and (${at}, ${key}::${idType}) >= (${moment(3)}, $4::${idType}) and (${at}, ${key}::${idType}) <= (${moment(5)}, $6::${idType})`;
  const rows = await db.query<SelectedRow>(
    `select ${selectSealed(table)}, ${inMicros('synced_at')} as "$writtenAt", null as "$replacedAt" from ${name}
     where account = $1 and synced_at < $2::timestamptz and ${within(time, id.name)}${besidesArchive(table, archive)}
     union all
     ${departedVersions(stream, `, ${inMicros('r.replaced_at')} as "$replacedAt"`)}
       and (r.content ->> 'synced_at')::timestamptz < $2::timestamptz and ${within('r.occurred_at', 'r.id')}`,
    [account, before, ...first, ...last],
  );
  return rows.map(({ $replacedAt, ...row }) => ({
    ...readVersion(row),
    replacedAt: $replacedAt ?? undefined,
  }));
}

/** The contents of revisions by their numbers: a deleted row had the same content. */
export async function loadRevisions(
  db: Queryable,
  stream: LogStream,
  account: string,
  revisions: readonly number[],
): Promise<readonly RowVersion[]> {
  if (revisions.length === 0) return [];
  const rows = await db.query<SelectedRow>(
    `${selectRevisions(stream)} and r.revision = any ($2::bigint[])`,
    [account, revisions],
  );
  return rows.map(readVersion);
}

/** The ends of a time range for Postgres. */
export function spellStretch({ from, until }: Stretch): readonly [from: string, until: string] {
  return [spell(from), spell(until)];
}

/** A moment for Postgres, which also has infinite times. */
function spell(micros: number): string {
  if (Number.isFinite(micros)) return formatMicros(String(micros));
  return micros > 0 ? 'infinity' : '-infinity';
}

/** The second of a time in microseconds, moved by some. */
function dateOf(micros: string, seconds: number): Date {
  return new Date((Math.floor(Number(micros) / 1_000_000) + seconds) * 1000);
}

/** A version as the columns above give it. */
function readVersion({ $writtenAt, ...row }: SelectedRow): RowVersion {
  return { ...readSelected(row), writtenAt: $writtenAt ?? '' };
}
