/** What is personal outside the logs. Together with `personal` of each log in `src/streams/`, this is all that an erasure removes. */

/** A table, its column with the person, and the columns that are emptied. */
type PersonTable = {
  readonly name: string;
  readonly person: string;
  readonly columns: readonly string[];
};

/** The tables that say something about a person. The ids stay: they are what is left of the person. */
export const personTables: readonly PersonTable[] = [
  {
    name: 'zendesk.users',
    person: 'id',
    columns: ['name', 'email', 'time_zone', 'iana_time_zone', 'locale', 'last_login_at'],
  },
  { name: 'zendesk.user_history', person: 'id', columns: ['name', 'email'] },
  { name: 'zendesk.findings', person: 'actor_id', columns: ['actor_name'] },
];
