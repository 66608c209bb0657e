/** The types of objects that were changed. */
import type { Queryable } from '../../database/client.ts';

/** A sentence for each type without any stored row: types are an open set, so it may be a typing error. */
export async function explainUnknownTypes(
  db: Queryable,
  account: string,
  asked: readonly string[],
): Promise<string[]> {
  if (asked.length === 0) return [];
  const unknown = await db.query<{ type: string }>(
    `select t.type from unnest($2::text[]) as t (type)
     where not exists (select from zendesk.audit_logs a where a.account = $1 and a.source_type = t.type)`,
    [account, asked],
  );
  if (unknown.length === 0) return [];
  const known = await listSourceTypes(db, account);
  if (known.length === 0) return [];
  return asked
    .filter((type) => unknown.some((each) => each.type === type))
    .map(
      (type) =>
        `No change of the type ${type} is stored at all. The stored types are ${known.join(', ')}.`,
    );
}

/** Every type of object with a stored change, in any time range; found by jumping through the index, not by reading all rows. */
export async function listSourceTypes(db: Queryable, account: string): Promise<string[]> {
  const rows = await db.query<{ source_type: string }>(
    `with recursive types as (
       select min(source_type) as source_type from zendesk.audit_logs where account = $1
       union all
       select (select min(a.source_type) from zendesk.audit_logs a where a.account = $1 and a.source_type > t.source_type)
       from types t
       where t.source_type is not null
     )
     select source_type from types where source_type is not null order by source_type`,
    [account],
  );
  return rows.map(({ source_type }) => source_type);
}
