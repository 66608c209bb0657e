/** What `distribute` uses of Citus, as functions of the same names that note how they were called and spread nothing. */
import type { Database } from '../../src/database/client.ts';

/** Provides the double. @returns how its functions were called, in their order */
export async function provideCitus(
  db: Database,
  { refuses }: { readonly refuses?: string } = {},
): Promise<() => Promise<readonly string[]>> {
  const answer = refuses === undefined ? `true, ''::text` : `false, ${quote(refuses)}::text`;
  await db.transaction(async (tx) => {
    await tx.query('set local allow_system_table_mods = on');
    await tx.query(`
    create schema citus_double;
    create table citus_double.calls (place serial, text text);
    create table pg_catalog.pg_dist_node (groupid integer);
    insert into pg_catalog.pg_dist_node values (0);
    create table pg_catalog.pg_dist_partition (logicalrelid regclass, partmethod "char");
    create function pg_catalog.create_reference_table(name regclass) returns void language sql as $$
      insert into pg_catalog.pg_dist_partition values (name, 'n');
      insert into citus_double.calls (text) values ('create_reference_table ' || name);
    $$;
    create function pg_catalog.create_distributed_table(name regclass, by text, colocate_with text) returns void language plpgsql as $$
    begin
      -- As Citus does where triggers are not allowed.
      if exists (
        select from pg_trigger where not tgisinternal and (tgrelid = name or tgrelid in (select inhrelid from pg_inherits where inhparent = name))
      ) and current_setting('citus.enable_unsafe_triggers', true) is distinct from 'on' then
        raise exception 'cannot distribute relation "%" because it has triggers', name;
      end if;
      insert into pg_catalog.pg_dist_partition values (name, 'h');
      insert into citus_double.calls (text) values (format('create_distributed_table %s by %s beside %s', name, by, colocate_with));
    end $$;
    create function pg_catalog.truncate_local_data_after_distributing_table(name regclass) returns void language sql as $$
      insert into citus_double.calls (text) values ('truncate ' || name);
    $$;
    create function pg_catalog.create_distributed_function(name regprocedure) returns void language sql as $$
      insert into citus_double.calls (text) values ('create_distributed_function ' || name);
    $$;
    create function pg_catalog.run_command_on_workers(command text) returns table (success boolean, result text) language sql as $$
      insert into citus_double.calls (text) values ('run_command_on_workers ' || command);
      select ${answer};
    $$;
    create function pg_catalog.run_command_on_all_nodes(command text) returns table (success boolean, result text) language sql as $$
      insert into citus_double.calls (text) values ('run_command_on_all_nodes ' || command);
      select ${answer};
    $$;`);
  });
  return async () => {
    const rows = await db.query<{ text: string }>(
      'select text from citus_double.calls order by place',
    );
    return rows.map(({ text }) => text);
  };
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
