/** Spreads the tables of a database over the servers of Citus. Can be repeated: what is done already is left as it is. */
import { escapeIdentifier } from 'pg';
import { KnownError } from '../../errors.ts';
import { type Database, type Queryable } from '../client.ts';
import { nameHere, writeHere } from '../schema-names.ts';
import { places } from './places.ts';
import { planSpreading, type SpreadState, type SpreadStep } from './plan.ts';

/**
 * What is left to do, with the names of this database.
 *
 * @throws {KnownError} `citus_not_ready` where the server has no Citus, or does not know itself as its coordinator
 */
export async function planDistribution(db: Queryable): Promise<readonly SpreadStep[]> {
  await requireCitus(db);
  const steps = planSpreading(await loadState(db));
  return steps.map(({ done, statements }) => ({
    done: writeHere(done),
    statements: statements.map(writeHere),
  }));
}

/** Does one step. @throws {KnownError} with the reason of Postgres or of one of the servers */
export async function takeStep(db: Database, { statements }: SpreadStep): Promise<void> {
  await db.transaction(async (tx) => {
    for (const statement of statements) {
      const answers = await tx.query<{ success?: boolean; result?: string }>(statement);
      const failed = answers.find(({ success }) => success === false);
      if (failed !== undefined)
        throw new KnownError('citus_not_ready', {
          found: `A server of Citus could not do what was asked: ${failed.result ?? 'it gave no reason'}`,
          wayOut: 'Correct it there, then run "distribute" again',
        });
    }
  }, distributionLimitMs);
}

/** A table of terabytes is copied to other servers. */
const distributionLimitMs = 7 * 24 * 3_600_000;

async function requireCitus(db: Queryable): Promise<void> {
  const [extension] = await db.query(
    `select from pg_proc where proname = 'create_distributed_table' limit 1`,
  );
  if (extension === undefined)
    throw new KnownError('citus_not_ready', {
      found: 'This database has no Citus, so there are no servers to spread its tables over',
      wayOut:
        'Create the extension citus and add the servers (docs/scale.md), then run "distribute" again',
    });
  const [coordinator] = await db.query(`select from pg_dist_node where groupid = 0`);
  if (coordinator === undefined)
    throw new KnownError('citus_not_ready', {
      found:
        'The servers of Citus do not know the address of this one, where tables that are not spread stay',
      wayOut: `Run select citus_set_coordinator_host('<its name>', 5432), then "distribute" again`,
    });
}

async function loadState(db: Queryable): Promise<SpreadState> {
  const tables = Object.keys(places);
  const values = [tables.map(nameHere)];
  const spread = await db.query<{ place: number }>(
    `select t.place::integer as place from unnest($1::text[]) with ordinality as t (name, place)
     join pg_dist_partition d on d.logicalrelid = t.name::regclass`,
    values,
  );
  const known = new Set(spread.flatMap(({ place }) => tables[place - 1] ?? []));
  const triggers = await db.query<{ place: number; relation: string; name: string }>(
    `select t.place::integer as place, g.tgrelid::regclass::text as relation, g.tgname::text as name
     from unnest($1::text[]) with ordinality as t (name, place)
     join pg_trigger g on not g.tgisinternal and (
       g.tgrelid = t.name::regclass or g.tgrelid in (select i.inhrelid from pg_inherits i where i.inhparent = t.name::regclass)
     )
     order by 1, 2, 3`,
    values,
  );
  const foreignKeys = await db.query<{
    place: number;
    relation: string;
    name: string;
    definition: string;
  }>(
    `select t.place::integer as place, k.conrelid::regclass::text as relation, k.conname::text as name, pg_get_constraintdef(k.oid) as definition
     from unnest($1::text[]) with ordinality as t (name, place)
     join pg_constraint k on k.conrelid = t.name::regclass and k.contype = 'f'
     order by 1, 3`,
    values,
  );
  const isLeft = ({ place }: { readonly place: number }) => !known.has(tables[place - 1] ?? '');
  return {
    spread: known,
    triggers: triggers.filter(isLeft).map(({ place, relation, name }) => ({
      table: tables[place - 1] ?? '',
      relation,
      name: escapeIdentifier(name),
    })),
    foreignKeys: foreignKeys.filter(isLeft).map(({ relation, name, definition }) => ({
      relation,
      name: escapeIdentifier(name),
      definition,
    })),
    functions: await listFunctions(
      db,
      tables.filter((name) => places[name] !== 'coordinator').map(nameHere),
    ),
    roles: await listRoles(db),
  };
}

/** Functions for use in queries, without those that read what stays on the coordinator. */
async function listFunctions(db: Queryable, tables: readonly string[]): Promise<readonly string[]> {
  const rows = await db.query<{ name: string }>(
    `select p.oid::regprocedure::text as name
     from pg_proc p
     join pg_language l on l.oid = p.prolang and l.lanname in ('sql', 'plpgsql')
     where p.pronamespace in ('zendesk'::regnamespace, 'zendesk_sync'::regnamespace)
       and p.prokind = 'f' and p.provolatile <> 'v' and not p.prosecdef and p.prorettype <> 'trigger'::regtype
       and not exists (
         select from pg_depend d join pg_class c on c.oid = d.refobjid and c.relkind in ('r', 'p')
         where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.refclassid = 'pg_class'::regclass
           and c.oid <> all ($1::text[]::regclass[])
       )
     order by 1`,
    [tables],
  );
  return rows.map(({ name }) => name);
}

async function listRoles(db: Queryable): Promise<readonly string[]> {
  const rows = await db.query<{ name: string }>(
    `select rolname::text as name from pg_roles
     where rolname in ('zendesk_reader', 'zendesk_investigator', 'zendesk_auditor', 'zendesk_writer', 'zendesk_page') order by 1`,
  );
  return rows.map(({ name }) => name);
}
