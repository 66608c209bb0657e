/** The types of things that were changed. */
import type { Queryable } from '../../database/client.ts';

/** Every type of thing of which a change is stored, whatever the span; found by hops through the index, not by reading all rows. */
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
