import type { Database, Queryable } from '../client.ts';

/** A change as the audit log has it. Ids are text. */
export type ChangeRow = {
  readonly time: Date;
  readonly person: string | null;
  readonly source_label: string | null;
  readonly change_description: string | null;
  readonly action: string | null;
  readonly source_type: string | null;
  readonly actor_id: string | null;
  readonly ip_address: string | null;
  readonly source_id: string | null;
  readonly id: string;
};

/** The columns of a `ChangeRow`, from `audit_logs` as `a` and `users` as `u`. The name is the one at the time of the change. */
export const changeColumns = `a.created_at as time, coalesce(nullif(a.actor_name, ''), u.name) as person,
  zendesk.clean_text(a.source_label) as source_label,
  zendesk.clean_text(a.change_description) as change_description, a.action, a.source_type, a.actor_id::text as actor_id,
  host(a.ip_address) as ip_address, a.source_id::text as source_id, a.id::text as id`;

/** The changes of some types of things within `[from, to)`, oldest first. */
export function readChanges(
  db: Database,
  {
    account,
    from,
    to,
    sourceTypes,
  }: { account: string; from: Date; to: Date; sourceTypes: readonly string[] },
): AsyncGenerator<ChangeRow, void, undefined> {
  return db.read<ChangeRow>(
    `select ${changeColumns}
     from zendesk.audit_logs a
     left join zendesk.users u on u.account = a.account and u.id = a.actor_id
     where a.account = $1 and a.created_at >= $2 and a.created_at < $3 and a.source_type = any($4::text[])
     order by a.created_at, a.id`,
    [account, from, to, [...sourceTypes]],
  );
}

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
