/**
 * Removes columns of rows. The commitment to what was personal is kept, so that every proof and every root stays as it
 * is, together with the leaf of the remaining row, so that the rest is still checked.
 */
import type { Queryable } from '../database/client.ts';
import { loadRemnants, nameVersion, storeRemnants, type NewRemnant } from '../evidence/remnants.ts';
import { canonicalRow, commitToPersonal, hashRow, layOut } from '../evidence/row-leaf.ts';
import type { SealedRow } from '../evidence/rows-root.ts';
import { createKeyFinder, type PersonKeys } from '../evidence/salts.ts';
import { formatMicros } from '../evidence/verification/time-text.ts';
import { inMicros, readSelected, selectSealed, type SelectedRow } from '../evidence/stored-rows.ts';
import type { LogStream } from '../streams/stream.ts';

/** The keys of the salts of an account before and after a removal. */
export type KeysAround = { readonly keys: PersonKeys; readonly newKeys: PersonKeys };

/** Which rows lose which columns. */
type Stripping = KeysAround & {
  readonly account: string;
  readonly log: LogStream;
  /** A condition on rows `t`: `$1` is the account, further parameters are `values`. */
  readonly condition: string;
  readonly values: readonly unknown[];
  /** The new values of columns: SQL expressions. */
  readonly columns: Readonly<Record<string, string>>;
  readonly derived: readonly string[];
  /** How many at most. */
  readonly most: number;
  /** Also rows with nothing to remove, because their key changed; those after a row. */
  readonly every?: { readonly after: RowKey | undefined };
};

/** The key of a row: its time in microseconds since 1970, and its id. */
export type RowKey = { readonly micros: string; readonly id: string };

/** A version of a row, and when it was written, in microseconds since 1970. */
type Version = SealedRow & { readonly writtenAt: string };

/** Strips rows, in the order of their keys. @returns the keys of the stripped rows */
export async function stripRows(tx: Queryable, stripping: Stripping): Promise<readonly RowKey[]> {
  const { account, log, columns } = stripping;
  const { name, time, id } = log.table;
  const select = `${selectSealed(log.table)}, ${inMicros('synced_at')} as "$writtenAt"`;
  const before = await selectRows(tx, stripping, select);
  if (before.length === 0) return [];
  const moments = before.map(({ micros }) => Number(micros));
  const bounds = [Math.min(...moments), Math.max(...moments) + 1000].map((micros) =>
    new Date(Math.floor(micros / 1000)).toISOString(),
  );
  const times = before.map(({ micros }) => formatMicros(micros));
  const keys = [times, before.map((row) => row.id), ...bounds];
  const given = `unnest($2::timestamptz[], $3::${id.type}[]) as k (at, id)`;
  const sets = Object.entries(columns).map(
    ([column, expression]) => `${column} = ${qualify(expression, column)}`,
  );
  const after = await tx.query<SelectedRow>(
    `with changed as (
       update ${name} t set ${sets.join(', ')} from ${given}
       where ${isWanted('t', time, id.name)} returning t.*
     )
     select ${select} from changed`,
    [account, ...keys],
  );
  await stripDerived(tx, log, given, [account, ...keys], stripping.derived);
  await keepRemnants(tx, stripping, before, after.map(readVersion));
  return before;
}

async function selectRows(
  tx: Queryable,
  { account, log, condition, values, columns, most, every }: Stripping,
  select: string,
): Promise<readonly Version[]> {
  const { name, time, id } = log.table;
  const place = values.length + 2;
  const type = id.type === 'text' ? 'text collate "C"' : id.type;
  const changes = Object.entries(columns)
    .map(([column, expression]) => `t.${column} is distinct from ${qualify(expression, column)}`)
    .join(' or ');
  const behind = `(t.${time}, t.${id.name}) > ($${place + 1}::timestamptz, $${place + 2}::${type})`;
  const after = every?.after;
  const found = await tx.query<SelectedRow>(
    `select ${select} from ${name} t
     where t.account = $1 and (${condition}) and ${every === undefined ? `(${changes})` : after === undefined ? 'true' : behind}
     order by ${time}, ${id.name} limit $${place}::bigint for update`,
    [
      account,
      ...values,
      most,
      ...(after === undefined ? [] : [formatMicros(after.micros), after.id]),
    ],
  );
  return found.map(readVersion);
}

/** A column in an expression belongs to the row `t`. */
function qualify(expression: string, column: string): string {
  return expression.replaceAll(new RegExp(`\\b${column}\\b`, 'g'), `t.${column}`);
}

/** The condition that a row is one of those given as `k`: `$1` is the account, `$4` and `$5` bound the times. */
function isWanted(alias: string, at: string, key: string): string {
  return `${alias}.account = $1 and ${alias}.${at} between $4::timestamptz and $5::timestamptz
    and ${alias}.${at} = k.at and ${alias}.${key} = k.id`;
}

async function stripDerived(
  tx: Queryable,
  { table: { derived } }: LogStream,
  given: string,
  values: readonly unknown[],
  columns: readonly string[],
): Promise<void> {
  if (derived === undefined || columns.length === 0) return;
  await tx.query(
    `update ${derived.name} d set ${columns.map((column) => `${column} = null`).join(', ')} from ${given}
     where ${isWanted('d', derived.key.time, derived.key.id)}`,
    values,
  );
}

/** A version in the form of the columns of a sealed row and `$writtenAt`. */
function readVersion({ $writtenAt, ...row }: SelectedRow): Version {
  return { ...readSelected(row), writtenAt: $writtenAt ?? '' };
}

/** Keeps for each version the commitment to what was personal, and the leaf of the rest. */
export async function keepRemnants(
  tx: Queryable,
  {
    account,
    log: { name: stream, table },
    keys,
    newKeys,
  }: KeysAround & { readonly account: string; readonly log: LogStream },
  before: readonly Version[],
  after: readonly Version[],
): Promise<void> {
  const [findKey, findNewKey] = [createKeyFinder(keys), createKeyFinder(newKeys)];
  const layout = layOut(table);
  const moments = before.map(({ micros }) => Number(micros));
  const [first = '', last = ''] = [Math.min(...moments), Math.max(...moments) + 1000].map(
    (micros) => new Date(Math.floor(micros / 1000)).toISOString(),
  );
  const { stripped } = await loadRemnants(tx, { account, stream }, [first, last]);
  const rest = new Map(after.map((row) => [nameOf(row), row]));
  const remnants = before.flatMap((version): readonly NewRemnant[] => {
    const { id, micros, row, writtenAt } = version;
    const left = rest.get(nameOf(version));
    const [key, newKey] = [findKey, findNewKey].map((find) =>
      find(row[table.actor], Number(micros) / 1000),
    );
    if (left === undefined || key === undefined || newKey === undefined) return [];
    const personal =
      stripped.get(nameOf(version))?.personal ??
      commitToPersonal(canonicalRow(layout, id, micros, row), key);
    const leaf = hashRow(canonicalRow(layout, id, micros, left.row), newKey);
    return [{ writtenAt, micros, id, revision: '0', personal, leaf }];
  });
  await storeRemnants(tx, { account, stream }, remnants);
}

function nameOf({ writtenAt, micros, id }: Version): string {
  return nameVersion(writtenAt, micros, id);
}
