/** Archived rows for a report: found by what it asks for, and read together with those of the tables. */
import { openArchivedRows } from '../../archive/archived-rows.ts';
import { archiveFailure } from '../../archive/failure.ts';
import { loadObjects } from '../../archive/ledger.ts';
import type { ArchiveRow } from '../../archive/rows.ts';
import { searchArchive } from '../../archive/search.ts';
import type { Queryable } from '../../database/client.ts';
import type { ArchivedRows } from '../../evidence/verification/archived-rows.ts';
import { formatMicros } from '../../evidence/verification/time-text.ts';
import type { LogStream, LogTable } from '../../streams/stream.ts';
import { addRows } from './archived-database.ts';
import { describeRows } from './described-rows.ts';
import { findPerson, type Person } from './person.ts';
import type { ReportScope, ReportSpan } from './report.ts';

/** They are sent with each statement of the report. */
const usualMostRows = 50_000;

/** Which rows matter, besides those that name something. */
type Narrowed = {
  readonly ids?: ReadonlySet<string>;
  readonly moments?: readonly number[];
  readonly fits?: (row: ArchiveRow) => boolean;
};

/**
 * The scope of a report whose database has the archived rows of a span too.
 *
 * @param words ids that a row must name, or be of, to matter; undefined: every row does
 * @throws {KnownError} `archive_failed` when the archive cannot be reached, or too many rows matter
 */
export async function withArchive(
  scope: ReportScope,
  { name, table }: LogStream,
  { from, to }: ReportSpan,
  words?: readonly string[],
  narrowed: Narrowed = {},
): Promise<ReportScope> {
  const { db, account, archive, archived = [] } = scope;
  const [start, end] = [from.getTime() * 1000, to.getTime() * 1000];
  const objects = (await loadObjects(db, { account, stream: name })).filter(
    ({ leftAt, first, last }) =>
      leftAt !== null && Number(first[0]) < end && Number(last[0]) >= start,
  );
  if (objects.length === 0) return scope;
  // Whoever does not read the archive is refused where the coverage is stated.
  if (archive === undefined) return scope;
  if (archive.store === undefined) throw unknownPlace(account);
  const mostRows = archive.mostRows ?? usualMostRows;
  const question = { from: start, until: end, words, mostRows, ...narrowed };
  const found = newestOf(await searchArchive(archive.store, table, objects, question));
  const rows = await withoutStanding(db, table, account, found);
  const extras = describeRows(table, account, rows, archive.classify());
  return { ...scope, db: addRows(db, extras), archived: [...archived, name] };
}

/**
 * The people that texts mean, and the scope with the archived rows that they did or that name them. An id may be known from
 * archived rows alone.
 *
 * @throws {KnownError} `bad_input` for a text that means nobody, or more than one person; otherwise as `withArchive`
 */
export async function findPeople(
  asked: ReportScope,
  log: LogStream,
  span: ReportSpan,
  texts: readonly string[],
): Promise<{ readonly people: readonly Person[]; readonly scope: ReportScope }> {
  const areIds = texts.every((text) => /^-?\d{1,18}$/.test(text.trim()));
  const words = texts.map((text) => text.trim());
  const first = areIds && texts.length > 0 ? await withArchive(asked, log, span, words) : asked;
  const people: Person[] = [];
  for (const text of texts) people.push(await findPerson(first, text));
  if (first !== asked) return { people, scope: first };
  const ids = people.map(({ id }) => id);
  return { people, scope: await withArchive(asked, log, span, ids.length === 0 ? undefined : ids) };
}

/** All that is stored, for questions without a time range. */
export const everSpan: ReportSpan = {
  from: new Date('1970-01-01T00:00:00Z'),
  to: new Date('9999-01-01T00:00:00Z'),
};

/** The archived rows of an account, for proofs of rows whose page has others in the archive; undefined where there are none. */
export async function openArchivedOf({
  db,
  account,
  archive,
}: ReportScope): Promise<ArchivedRows | undefined> {
  const objects = (await loadObjects(db, { account })).filter(({ leftAt }) => leftAt !== null);
  if (objects.length === 0) return undefined;
  if (archive?.store !== undefined) return openArchivedRows(archive.store, objects);
  return {
    instead: [],
    // eslint-disable-next-line require-yield
    async *read({ name }, _account, { from, until }) {
      const isThere = objects.some(
        ({ stream, first, last }) =>
          stream === name && Number(first[0]) < until && Number(last[0]) >= from,
      );
      if (isThere) throw unknownPlace(account);
    },
  };
}

function unknownPlace(account: string): Error {
  return archiveFailure(
    `Rows of ${account} are in the archive, and ARCHIVE_URL is not set`,
    'Set it to where they were archived',
  );
}

/** Of a record that Zendesk showed again later, the row that was written last. */
function newestOf(rows: readonly ArchiveRow[]): readonly ArchiveRow[] {
  const newest = new Map<string, ArchiveRow>();
  for (const row of rows) {
    const known = newest.get(row.id);
    if (known === undefined || Number(known.writtenAt) < Number(row.writtenAt))
      newest.set(row.id, row);
  }
  return [...newest.values()];
}

/** Without those of which the table has a later row. */
async function withoutStanding(
  db: Queryable,
  { name, time, id }: LogTable,
  account: string,
  rows: readonly ArchiveRow[],
): Promise<readonly ArchiveRow[]> {
  if (rows.length === 0) return rows;
  const standing = await db.query<{ id: string }>(
    `select t.${id.name}::text as id
     from unnest($2::timestamptz[], $3::${id.type}[]) as a (time, id)
     join ${name} t on t.account = $1 and t.${time} = a.time and t.${id.name} = a.id`,
    [account, rows.map(({ micros }) => formatMicros(micros)), rows.map((row) => row.id)],
  );
  const known = new Set(standing.map((row) => row.id));
  return rows.filter((row) => !known.has(row.id));
}
