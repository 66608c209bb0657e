/** Bringing the stored rows of a rollup to what was counted. */

type Rollup = {
  /** Table in schema zendesk, with the columns account and day, the key and the values, all of them not null. */
  readonly table: string;
  /** What its key has after account and day. */
  readonly key: readonly string[];
  readonly values: readonly string[];
  /** Name of the query before, which counts the rows of days `$2` to `$3`: day, the key and the values. */
  readonly counted: string;
};

/**
 * Parts of a `with` that write to a rollup what differs from the count, and nothing else: days are counted again whenever
 * rows come, and most of their sums stay the same.
 *
 * To be run without nested loops: how many rows of the newest day are stored Postgres can only guess, and it guesses one.
 */
export function bringRollup({ table, key: rest, values, counted }: Rollup): string {
  const key = ['day', ...rest];
  const isSame = `r.account = $1 and r.day between $2::date and $3::date and (${list('r', key)}) = (${list('d', key)})`;
  return `${table}_differing as (
     select ${key.join(', ')}, ${list('c', values)}, c.is_counted, s.is_stored
     from (select *, true as is_counted from ${counted}) as c
     full join (
       select *, true as is_stored from zendesk.${table} where account = $1 and day between $2::date and $3::date
     ) as s using (${key.join(', ')})
     where (${list('c', values)}, c.is_counted) is distinct from (${list('s', values)}, s.is_stored)
   ),
   ${table}_gone as (
     delete from zendesk.${table} r using ${table}_differing d where d.is_counted is null and ${isSame}
   ),
   ${table}_changed as (
     update zendesk.${table} r set (${values.join(', ')}) = (${list('d', values)})
     from ${table}_differing d
     where d.is_counted and d.is_stored and ${isSame}
   ),
   ${table}_new as (
     insert into zendesk.${table} (account, ${key.join(', ')}, ${values.join(', ')})
     select $1, ${list('d', key)}, ${list('d', values)}
     from ${table}_differing d
     where d.is_stored is null
     order by ${list('d', key)}
   )`;
}

function list(alias: string, names: readonly string[]): string {
  return names.map((name) => `${alias}.${name}`).join(', ');
}
