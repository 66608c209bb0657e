/** Takes what is personal of one person from the rows of a log, and from their previous versions. */
import type { Queryable } from '../database/client.ts';
import type { LogStream } from '../streams/stream.ts';
import { stripRevisions } from './strip-revisions.ts';
import { stripRows, type KeysAround, type RowKey } from './strip.ts';

/** Who is erased. */
export type Erasure = KeysAround & {
  readonly account: string;
  readonly person: string;
  /** Names and addresses of the person, as texts that name them. */
  readonly texts: readonly string[];
  /** The month, as its first day, that all of it is limited to; undefined: no limit. */
  readonly month?: string;
};

/** So many rows are in memory at once. */
const batchRows = 5000;

/** All rows by the person lose all that is personal. */
export async function eraseOwn(tx: Queryable, log: LogStream, erasure: Erasure): Promise<number> {
  const { table } = log;
  const columns = Object.fromEntries(table.personal.map((name) => [name, 'null']));
  const derived = table.removable?.flatMap((group) => group.derived) ?? [];
  let [rows, after] = [0, undefined as RowKey | undefined];
  for (;;) {
    const stripped = await stripRows(tx, {
      ...erasure,
      log,
      condition: `t.${table.actor} = $2::bigint and ${isOfMonth(`t.${table.time}`, '$3')}`,
      values: [erasure.person, erasure.month ?? null],
      columns,
      derived,
      most: batchRows,
      every: { after },
    });
    rows += stripped.length;
    after = stripped.at(-1);
    if (stripped.length < batchRows) return rows;
  }
}

/** The condition that a moment is of the month in a parameter, where there is one. */
export function isOfMonth(moment: string, month: string): string {
  return `(${month}::date is null or ${moment} >= zendesk_sync.start_of(${month}::date)
    and ${moment} < zendesk_sync.start_of((${month}::date + interval '1 month')::date))`;
}

/** The condition that a row `t` of a log names the person whose id is parameter `id`, or one of the texts in parameter `texts`. */
export function namesPerson({ table }: LogStream, id: string, texts: string): string {
  const { subject } = table;
  if (subject === undefined) return 'false';
  const words = subject.columns.map((name) => `coalesce(t.${name}::text, '')`).join(` || ' ' || `);
  return `(${subject.isAbout.replaceAll('$id', id)}
    or exists (select from unnest(${texts}::text[]) as x where position(lower(x) in lower(${words})) > 0))`;
}

/** Rows by others that are about the person, or name them, lose what tells of that. */
export async function eraseNamed(tx: Queryable, log: LogStream, erasure: Erasure): Promise<number> {
  const { subject } = log.table;
  if (subject === undefined) return 0;
  let rows = 0;
  for (;;) {
    const stripped = await stripRows(tx, {
      ...erasure,
      log,
      condition: namesPerson(log, '$2::text', '$3'),
      values: [erasure.person, erasure.texts],
      columns: Object.fromEntries(subject.columns.map((name) => [name, 'null'])),
      derived: [],
      most: batchRows,
    });
    rows += stripped.length;
    if (stripped.length < batchRows) return rows;
  }
}

/** Former versions, of the person and of others that name the person. */
export async function eraseRevisions(
  tx: Queryable,
  log: LogStream,
  erasure: Erasure,
): Promise<number> {
  const { table } = log;
  const isOwn = `t.${table.actor} = $3::text::bigint`;
  const own = await stripRevisions(tx, {
    ...erasure,
    log,
    condition: `${isOwn} and ${isOfMonth('r.occurred_at', '$4')}`,
    values: [erasure.person, erasure.month ?? null],
    columns: table.personal,
  });
  if (table.subject === undefined || erasure.month !== undefined) return own;
  const named = await stripRevisions(tx, {
    ...erasure,
    log,
    condition: `${isOwn} is not true and ${namesPerson(log, '$3::text', '$4')}`,
    values: [erasure.person, erasure.texts],
    columns: table.subject.columns,
  });
  return own + named;
}
