/** The logins of readers: whether a forgotten query of theirs ends, and whether it is compiled. */
import type { Queryable } from '../database/client.ts';
import { warning, type Check } from './check.ts';
import { quoteName } from './diagnosis.ts';

/** A login with the rights of a reader, and which settings it lacks. */
type ReaderLogin = {
  readonly name: string;
  readonly lacks_limit: boolean;
  readonly has_jit: boolean;
};

/** Reads the logins that are members of the roles for analysts, without this program's own user. */
export async function loadReaders(
  db: Queryable,
  roles: readonly string[],
): Promise<readonly ReaderLogin[]> {
  return db.query<ReaderLogin>(
    `with recursive members as (
       select m.member from pg_auth_members m join pg_roles r on r.oid = m.roleid where r.rolname = any ($1)
       union
       select m.member from pg_auth_members m join members on members.member = m.roleid
     ),
     settings as (
       select s.setrole, s.setdatabase, split_part(setting, '=', 1) as name, substr(setting, strpos(setting, '=') + 1) as value
       from pg_db_role_setting s cross join unnest(s.setconfig) as setting
       where s.setdatabase in (0, (select d.oid from pg_database d where d.datname = current_database()))
     ),
     wanted as (
       select l.rolname::text as name, (
         select s.value from settings s where s.name = 'statement_timeout' and s.setrole in (0, l.oid)
         order by s.setrole = l.oid desc, s.setdatabase desc limit 1
       ) as statement_timeout, (
         select s.value from settings s where s.name = 'jit' and s.setrole in (0, l.oid)
         order by s.setrole = l.oid desc, s.setdatabase desc limit 1
       ) as jit
       from pg_roles l
       where l.rolcanlogin and not l.rolsuper and l.oid in (select member from members) and l.rolname <> current_user
     )
     select name, coalesce(statement_timeout, '0') in ('0', '0s', '0ms') as lacks_limit, coalesce(jit, 'on') in ('on', 'true', 'yes', '1') as has_jit
     from wanted order by name`,
    [roles],
  );
}

/** Nothing to say if all of them are set, or if there are none. */
export function checkReaders(logins: readonly ReaderLogin[]): readonly Check[] {
  const concerned = logins.filter(({ lacks_limit, has_jit }) => lacks_limit || has_jit);
  if (concerned.length === 0) return [];
  const statements = concerned.flatMap(({ name, lacks_limit, has_jit }) => [
    ...(has_jit ? [`alter role ${quoteName(name)} set jit = off;`] : []),
    ...(lacks_limit ? [`alter role ${quoteName(name)} set statement_timeout = '60s';`] : []),
  ]);
  return [
    warning(
      'readers',
      `${concerned.map(({ name }) => name).join(', ')}: without a limit of time a forgotten query runs on, and JIT compilation makes queries of the views slower`,
      `Run as an administrator:\n${statements.join('\n')}`,
    ),
  ];
}
