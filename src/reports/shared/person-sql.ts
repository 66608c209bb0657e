/** Finds the stored people whom a text may mean. */
import type { Queryable } from '../../database/client.ts';

/** What is stored about a person; a person known only from the logs has an id and perhaps a name. */
export type PersonRow = {
  readonly id: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly role: string | null;
  readonly role_type: number | null;
  readonly custom_role_id: string | null;
  readonly team_member: boolean | null;
  readonly departed_at: Date | null;
  readonly active: boolean | null;
  readonly suspended: boolean | null;
  readonly time_zone: string | null;
  readonly locale: string | null;
  readonly created_at: Date | null;
  readonly updated_at: Date | null;
  readonly last_login_at: Date | null;
};

const personColumns = `id::text as id, name, email, role, role_type, custom_role_id::text as custom_role_id, team_member,
  departed_at, active, suspended, coalesce(iana_time_zone, time_zone) as time_zone, locale, created_at, updated_at,
  last_login_at`;

/**
 * The people that a text may mean: by id, then by e-mail address, then by name, ignoring case; then by a previous address or
 * name.
 */
export async function findPeople(
  db: Queryable,
  account: string,
  text: string,
): Promise<PersonRow[]> {
  return db.query<PersonRow>(
    `with found as (
       select id, 1 as rank from zendesk.users where account = $1 and id = $3::bigint
       union all
       select id, 2 from zendesk.users where account = $1 and lower(email) = lower($2)
       union all
       select id, 3 from zendesk.users where account = $1 and lower(name) = lower($2)
       union all
       select id, 4 from zendesk.user_history where account = $1 and lower(email) = lower($2)
       union all
       select id, 5 from zendesk.user_history where account = $1 and lower(name) = lower($2)
     )
     select ${personColumns}
     from zendesk.users
     where account = $1 and id in (select id from found where rank = (select min(rank) from found))
     order by zendesk.users.id`,
    [account, text, readId(text)],
  );
}

/** Other people who had the text as their address or name before, with the last time. */
export async function findFormerHolders(
  db: Queryable,
  account: string,
  text: string,
  id: string,
): Promise<{ id: string; name: string | null; until: Date }[]> {
  return db.query(
    `select h.id::text as id, u.name, max(h.valid_to) as until
     from zendesk.user_history h
     left join zendesk.users u on u.account = h.account and u.id = h.id
     where h.account = $1 and h.id <> $3 and h.valid_to is not null
       and (lower(h.email) = lower($2) or lower(h.name) = lower($2))
     group by h.id, u.name
     order by h.id
     limit 5`,
    [account, text, id],
  );
}

/** The people whose names contain a text, at most five. */
export async function findSimilarPeople(
  db: Queryable,
  account: string,
  text: string,
): Promise<PersonRow[]> {
  return db.query<PersonRow>(
    `select ${personColumns}
     from zendesk.users
     where account = $1 and (strpos(lower(name), lower($2)) > 0 or strpos(lower(email), lower($2)) > 0)
     order by lower(name), zendesk.users.id
     limit 5`,
    [account, text],
  );
}

/**
 * Actors in a log whom Zendesk does not describe: Zendesk itself, people deleted long ago. By id from both logs, by name
 * from the audit log.
 */
export async function findActors(
  db: Queryable,
  account: string,
  text: string,
): Promise<Pick<PersonRow, 'id' | 'name'>[]> {
  const id = readId(text);
  if (id !== null) {
    const rows = await db.query<{ id: string; name: string | null }>(
      `select $2::bigint::text as id,
         (
           select actor_name from zendesk.audit_logs
           where account = $1 and actor_id = $2
           order by created_at desc limit 1
         ) as name
       where exists (select from zendesk.audit_logs where account = $1 and actor_id = $2)
         or exists (select from zendesk.access_logs where account = $1 and user_id = $2)`,
      [account, id],
    );
    if (rows.length > 0) return rows;
  }
  return db.query(
    `select actor_id::text as id, max(actor_name) as name
     from zendesk.audit_logs
     where account = $1 and lower(actor_name) = lower($2) and actor_id is not null
     group by actor_id
     order by zendesk.audit_logs.actor_id`,
    [account, text],
  );
}

/** The text as an id; null if it is not an id that Postgres could hold. */
function readId(text: string): string | null {
  return /^-?\d{1,18}$/.test(text) ? text : null;
}
