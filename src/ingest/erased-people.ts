/** People who were erased here do not come back by the next listing: parts of the statement that stores people `r`. */

/** A column of an incoming person: empty where it was erased. */
export function unlessErased(column: string): string {
  return erasable.includes(column)
    ? `case when erased.person is null then r.${column} end as ${column}`
    : `r.${column}`;
}

/** As in src/retention/person-tables.ts. */
const erasable = ['name', 'email', 'time_zone', 'iana_time_zone', 'locale', 'last_login_at'];

/** Whether a person `r` was erased; `$1` is the account. */
export const joinErased = `left join lateral (
      select e.person from zendesk_sync.removals e where e.account = $1 and e.person = r.id limit 1
    ) as erased on true`;
