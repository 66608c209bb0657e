/** Whose rights the statements of the page have in the database: those of a role that reads no logins and no keys. */
import type { Queryable } from '../../database/client.ts';
import type { Log } from '../../logger.ts';
import type { Asked, Question, Role } from '../../page/question.ts';

/** What every view but a few is asked with. */
const pageRole = 'zendesk_page';

const askerRoles: Readonly<Record<Role, string>> = {
  reader: 'zendesk_reader',
  investigator: 'zendesk_investigator',
};

/** The roles that the login may take, the first of which has its grants in this database. */
const chosen = `select r.rolname::text as name
  from unnest($1::text[]) with ordinality as wanted (name, place)
  join pg_catalog.pg_roles r on r.rolname = wanted.name
  where pg_catalog.pg_has_role(r.oid, case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end)
    and pg_catalog.has_table_privilege(r.oid, 'zendesk_sync.status', 'select')
  order by wanted.place limit 1`;

/** The rights of the page in one database. */
type Rights = {
  /** Takes them for the rest of the transaction. */
  readonly take: (
    tx: Queryable,
    rights: Question['rights'],
    asker: Asked['asker'],
  ) => Promise<void>;
  /** The role for files; undefined where the login may not take it. */
  readonly find: (db: Queryable) => Promise<string | undefined>;
};

/** Where the login may take no role, its own rights are used, and the log says so once. */
export function createRights(log: Log): Rights {
  let told = false;
  const note = (name: string | undefined): string | undefined => {
    if (name === undefined && !told) {
      told = true;
      log.warn(
        { role: pageRole },
        'the page reads the database with all rights of this program, because it may not take the role zendesk_page; "doctor" says what to do',
      );
    }
    return name;
  };
  return {
    async take(tx, rights, { role }) {
      const wanted = rights === 'asker' ? [askerRoles[role], pageRole] : [pageRole];
      const [taken] = await tx.query<{ name: string }>(
        `select pg_catalog.set_config('role', chosen.name, true) as name from (${chosen}) as chosen`,
        [wanted],
      );
      note(taken?.name);
    },
    async find(db) {
      const [found] = await db.query<{ name: string }>(chosen, [[pageRole]]);
      return note(found?.name);
    },
  };
}
