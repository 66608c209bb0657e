/** The tables of people: `zendesk.users`, `zendesk.user_history` and `zendesk_sync.unknown_users`. */
import type { Database, Queryable } from '../database/client.ts';
import { refusesRow } from '../database/connection-errors.ts';
import type { LogStream } from '../streams/stream.ts';
import type { UserRow } from '../streams/users.ts';
import { joinErased, unlessErased } from './erased-people.ts';
import { advanceLease, type Lease } from './lease.ts';
import { refuseIfMost, storeQuarantine, type QuarantinedRecord } from './quarantine.ts';
import { writeByHalves } from './rows/isolate.ts';

/** How many people were stored for the first time, and how many had a different name, e-mail or role before. */
type UserCounts = { readonly new: number; readonly changed: number };

/** Parsed people. */
export type ReadPeople = {
  readonly people: readonly UserRow[];
  readonly quarantined: readonly QuarantinedRecord[];
  /** The record behind a row that Postgres refuses, for the quarantine. */
  readonly quarantine: (row: UserRow, error: unknown) => QuarantinedRecord;
};

/** People that are now in the tables, and those that went into quarantine. */
export type StoredPeople = {
  readonly counts: UserCounts;
  readonly quarantined: readonly QuarantinedRecord[];
};

/**
 * Stores people as Zendesk gives them now, in one transaction under the lease. A new name, e-mail or role ends the previous
 * state in the history and begins another. A person who is no longer a team member is marked as departed. Records that
 * cannot be stored go into quarantine.
 *
 * @param steps how many pages the listing has stored before
 */
export async function storeUsers(
  db: Database,
  lease: Lease,
  steps: number,
  { people, quarantined, quarantine }: ReadPeople,
): Promise<StoredPeople> {
  const commit = (byHalves: boolean): Promise<StoredPeople> =>
    db.transaction(async (tx) => {
      await advanceLease(tx, lease, steps);
      const write = (some: readonly UserRow[]): Promise<UserCounts> =>
        upsertUsers(tx, lease.account, some);
      const { written, refused } = byHalves
        ? await writeByHalves(tx, people, write)
        : { written: [await write(people)], refused: [] };
      const all = [...quarantined, ...refused.map(({ item, error }) => quarantine(item, error))];
      refuseIfMost('users', all, people.length + quarantined.length);
      await storeQuarantine(tx, lease, all, undefined);
      const sum = (name: keyof UserCounts): number =>
        written.reduce((total, part) => total + part[name], 0);
      return { counts: { new: sum('new'), changed: sum('changed') }, quarantined: all };
    });
  return commit(false).catch((error: unknown) => {
    if (refusesRow(error)) return commit(true);
    throw error;
  });
}

/** Stores people as they are given, within a transaction. */
export async function upsertUsers(
  tx: Queryable,
  account: string,
  people: readonly UserRow[],
): Promise<UserCounts> {
  const [counts] = await tx.query<UserCounts>(store, [account, JSON.stringify(people)]);
  return counts ?? nobody;
}

const nobody: UserCounts = { new: 0, changed: 0 };

const state = [
  'name',
  'email',
  'role',
  'role_type',
  'custom_role_id',
  'active',
  'suspended',
  'team_member',
];
const particulars = [
  'time_zone',
  'iana_time_zone',
  'locale',
  'created_at',
  'updated_at',
  'last_login_at',
];
const list = (columns: readonly string[], alias: string): string =>
  columns.map((name) => `${alias}.${name}`).join(', ');

const store = `with incoming as materialized (
    select distinct on (r.id) r.id, ${[...state, ...particulars].map(unlessErased).join(', ')}
    from json_to_recordset($2::json) as r (
      id bigint, name text, email text, role text, role_type smallint, custom_role_id bigint, active boolean,
      suspended boolean, team_member boolean, time_zone text, iana_time_zone text, locale text,
      created_at timestamptz, updated_at timestamptz, last_login_at timestamptz
    )
    ${joinErased}
    order by r.id
  ),
  turned as materialized (
    select i.*, u.id is null as is_new
    from incoming i
    left join zendesk.users u on u.account = $1 and u.id = i.id
    where u.id is null or (${list(state, 'u')}) is distinct from (${list(state, 'i')})
  ),
  ended as (
    update zendesk.user_history h
    set valid_to = clock.at
    from turned t cross join (select now() as at) as clock
    where h.account = $1 and h.id = t.id and h.valid_to is null
  ),
  begun as (
    insert into zendesk.user_history (account, id, valid_from, ${state.join(', ')})
    select $1, t.id, clock.at, ${list(state, 't')} from turned t cross join (select now() as at) as clock
  ),
  written as (
    insert into zendesk.users as u
      (account, id, ${state.join(', ')}, ${particulars.join(', ')}, departed_at, valid_from, synced_at)
    select
      $1, i.id, ${list(state, 'i')}, ${list(particulars, 'i')},
      -- Only team members appear in the logs: a person who is not one when first seen was one before. The last change of a
      -- deleted person is the deletion.
      case when not i.team_member then
        case when i.active is false then least(i.updated_at, clock.at) else clock.at end
      end,
      clock.at, clock.at
    from incoming i cross join (select now() as at) as clock
    on conflict (account, id) do update set
      ${[...state, ...particulars].map((name) => `${name} = excluded.${name}`).join(', ')},
      departed_at = case
        when excluded.team_member then null
        when u.team_member then
          case when excluded.active is false then least(excluded.updated_at, excluded.synced_at) else excluded.synced_at end
        else u.departed_at
      end,
      valid_from = case
        when (${list(state, 'u')}) is distinct from (${list(state, 'excluded')}) then excluded.synced_at
        else u.valid_from
      end,
      synced_at = excluded.synced_at
    where (${list([...state, ...particulars], 'u')}) is distinct from (${list([...state, ...particulars], 'excluded')})
  )
  select
    (select count(*)::integer from turned where is_new) as new,
    (select count(*)::integer from turned where not is_new) as changed`;

/** The ids of all current team members. */
export async function loadTeam(db: Queryable, account: string): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select id::text from zendesk.users where account = $1 and team_member order by id`,
    [account],
  );
  return rows.map(({ id }) => id);
}

/**
 * Marks team members whom Zendesk no longer knows as departed; their rows stay, and the current state in their history ends.
 */
export async function markDeparted(
  db: Database,
  lease: Lease,
  steps: number,
  ids: readonly string[],
): Promise<number> {
  return db.transaction(async (tx) => {
    await advanceLease(tx, lease, steps);
    const rows = await tx.query(
      `with departed as (
         update zendesk.users
         set team_member = false, active = false, departed_at = clock.at, valid_from = clock.at, synced_at = clock.at
         from (select now() as at) as clock
         where account = $1 and id = any($2::bigint[]) and team_member
         returning users.*
       ),
       ended as (
         update zendesk.user_history h set valid_to = d.synced_at
         from departed d
         where h.account = $1 and h.id = d.id and h.valid_to is null
       )
       insert into zendesk.user_history (account, id, valid_from, ${state.join(', ')})
       select account, id, synced_at, ${state.join(', ')} from departed
       returning 1`,
      [lease.account, [...ids]],
    );
    return rows.length;
  });
}

/**
 * Ids that act in one of the logs but are not known people, without those that Zendesk recently did not know: the program
 * asks again after a day, then two, four … at most 64 days. It finds the ids by skipping through an index of the actor, one
 * step for each id.
 */
export async function findStrangers(
  db: Queryable,
  account: string,
  logs: readonly Pick<LogStream, 'table'>[],
): Promise<string[]> {
  if (logs.length === 0) return [];
  const places = logs.map((_, place) => `actors_${place}`);
  const rows = await db.query<{ id: string }>(
    `with recursive ${logs.map(({ table }, place) => listActors(`actors_${place}`, table)).join(',\n')}
     select id::text
     from (${places.map((name) => `select id from ${name}`).join(' union ')}) as seen
     where id is not null
       and not exists (select from zendesk.users u where u.account = $1 and u.id = seen.id)
       and not exists (
         select from zendesk_sync.unknown_users s
         where s.account = $1 and s.id = seen.id
           and s.asked_at > now() - interval '24 hours' * power(2, least(s.times_asked, 7) - 1)
           -- Not in the future: that means that the clock was set back since.
           and s.asked_at <= now()
       )
     order by seen.id`,
    [account],
  );
  return rows.map(({ id }) => id);
}

/** The people who act in a log, as a part of `with recursive`. It ends with null. */
function listActors(name: string, { name: table, actor }: LogStream['table']): string {
  return `${name} as (
       (select ${actor} as id from ${table} where account = $1 and ${actor} > 0 order by ${actor} limit 1)
       union all
       select (
         select l.${actor} from ${table} l
         where l.account = $1 and l.${actor} > ${name}.id order by l.${actor} limit 1
       )
       from ${name} where ${name}.id is not null
     )`;
}

/** Remembers ids that Zendesk does not know, so that not every run asks for them. */
export async function rememberUnknown(
  db: Queryable,
  account: string,
  ids: readonly string[],
): Promise<void> {
  await db.query(
    `insert into zendesk_sync.unknown_users as s (account, id, asked_at, times_asked)
     select $1, id, now(), 1 from unnest($2::bigint[]) as id
     on conflict (account, id) do update set asked_at = excluded.asked_at, times_asked = s.times_asked + 1`,
    [account, [...ids]],
  );
}
