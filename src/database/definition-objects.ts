/** Views and functions in the catalogue: what depends on them, and their grants. */
import type { Queryable } from './client.ts';

/** A view or a function as the database has it. */
export type StoredObject = {
  readonly kind: 'view' | 'function';
  /** Its catalogue and its number there, as `pg_depend` uses them. */
  readonly catalogue: string;
  readonly oid: string;
  /** `schema.name`, unquoted. */
  readonly name: string;
  /** Its name in statements: quoted, for a function with the types of its parameters. */
  readonly identity: string;
};

/** Selects those whose row in `pg_class` as `c` or in `pg_proc` as `p` meets the condition. */
const selectObjects = (view: string, func: string): string =>
  `select 'view' as kind, 'pg_class'::regclass::oid::text as catalogue, c.oid::text, n.nspname || '.' || c.relname as name,
    format('%I.%I', n.nspname, c.relname) as identity
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'v' and ${view}
  union all
  select 'function', 'pg_proc'::regclass::oid::text, p.oid::text, n.nspname || '.' || p.proname,
    format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes))
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where p.prokind = 'f' and ${func}`;

/** The views and functions with these names, each `schema.name`. Several functions may share one. */
export async function loadObjects(
  tx: Queryable,
  names: readonly string[],
): Promise<StoredObject[]> {
  return tx.query<StoredObject>(
    `select * from (${selectObjects('c.relname = any ($2)', 'p.proname = any ($2)')}) as stored
     where name = any ($1) order by name, identity`,
    [names, names.map((name) => name.replace(/^.*\./, ''))],
  );
}

/** What is needed to drop an object: other objects of this program to drop first, in that order, and what prevents it. */
type DropPlan = {
  readonly objects: readonly StoredObject[];
  /** Objects of others that depend directly on one of these, as Postgres describes them. */
  readonly obstacles: readonly { readonly object: StoredObject; readonly dependents: string[] }[];
};

/** Finds what depends on an object, directly or through others. `isOwn` recognises this program's objects by their names. */
export async function planDrop(
  tx: Queryable,
  object: StoredObject,
  isOwn: (name: string) => boolean,
): Promise<DropPlan> {
  const objects = new Map<string, StoredObject>();
  const obstacles: DropPlan['obstacles'][number][] = [];
  const visit = async (current: StoredObject): Promise<void> => {
    const foreign: string[] = [];
    for (const { dependent, description } of await loadDependents(tx, current)) {
      if (dependent === null || !isOwn(dependent.name)) foreign.push(description);
      else if (!objects.has(dependent.oid)) await visit(dependent);
    }
    if (foreign.length > 0) obstacles.push({ object: current, dependents: foreign });
    objects.set(current.oid, current);
  };
  await visit(object);
  return { objects: [...objects.values()], obstacles };
}

type Dependent = {
  /** Null if it is neither a view nor a function. */
  readonly dependent: StoredObject | null;
  readonly description: string;
};

/** What depends directly on an object. A view depends through its rule, and others may depend on a view's row type. */
async function loadDependents(
  tx: Queryable,
  { catalogue, oid }: StoredObject,
): Promise<Dependent[]> {
  return tx.query<Dependent>(
    `with referenced (catalogue, oid) as (
       select $1::oid, $2::oid
       union all
       select 'pg_type'::regclass::oid, unnest(array[t.oid, t.typarray])
       from pg_type t where $1::oid = 'pg_class'::regclass and t.typrelid = $2::oid
     ),
     dependents (catalogue, oid, part) as (
       select
         case when r.oid is null then d.classid else 'pg_class'::regclass end,
         coalesce(r.ev_class, d.objid),
         case when r.oid is null then d.objsubid else 0 end
       from pg_depend d
       join referenced on (referenced.catalogue, referenced.oid) = (d.refclassid, d.refobjid)
       left join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid and r.rulename = '_RETURN'
       where d.deptype in ('n', 'a')
     )
     select distinct on (description)
       case when stored.oid is not null then row_to_json(stored) end as dependent,
       identified.type || ' ' || identified.identity as description
     from dependents d
     cross join lateral pg_identify_object(d.catalogue, d.oid, d.part) as identified
     left join lateral (${selectObjects('c.oid = d.oid', 'p.oid = d.oid')}) as stored on stored.catalogue::oid = d.catalogue
     where (d.catalogue, d.oid) not in (select r.catalogue, r.oid from referenced r)
     order by description`,
    [catalogue, oid],
  );
}

/** What an object loses when it is dropped and created again: its owner and its grants. */
export type Privileges = {
  /** Quoted; null for the connected user. */
  readonly owner: string | null;
  readonly grants: readonly Grant[];
};

type Grant = {
  readonly privilege: string;
  /** Quoted, or `public`. */
  readonly grantee: string;
  readonly grantable: boolean;
  /** Quoted; null for the whole object. */
  readonly column: string | null;
};

/** Drops an object on which nothing depends any more, and returns what its successor must get. */
export async function dropObject(tx: Queryable, object: StoredObject): Promise<Privileges> {
  const privileges = await loadPrivileges(tx, object);
  await tx.query(`drop ${object.kind} ${object.identity}`);
  return privileges;
}

/** Gives a function another name, by which what calls it still finds it, and returns what its successor must get. */
export async function renameFunction(
  tx: Queryable,
  object: StoredObject,
): Promise<{ readonly renamed: StoredObject; readonly privileges: Privileges }> {
  const privileges = await loadPrivileges(tx, object);
  const name = `replaced_${object.oid}`;
  await tx.query(`alter function ${object.identity} rename to ${name}`);
  const [renamed] = await loadObjects(tx, [object.name.replace(/[^.]*$/, name)]);
  if (renamed === undefined) throw new Error(`The function ${object.identity} is gone.`);
  return { renamed, privileges };
}

async function loadPrivileges(tx: Queryable, object: StoredObject): Promise<Privileges> {
  const [privileges] = await tx.query<Privileges>(
    `with lists (owner, column_name, list) as (
       select relowner, null::name, relacl from pg_class where $1::oid = 'pg_class'::regclass and oid = $2::oid
       union all
       select relowner, attname, attacl from pg_attribute join pg_class c on c.oid = attrelid
       where $1::oid = 'pg_class'::regclass and attrelid = $2::oid and not attisdropped
       union all
       -- Everybody may call a function unless this was revoked.
       select proowner, null, coalesce(proacl, acldefault('f', proowner))
       from pg_proc where $1::oid = 'pg_proc'::regclass and oid = $2::oid
     )
     select
       (select quote_ident(rolname) from pg_roles r where r.oid = min(owner) and rolname <> current_user) as owner,
       coalesce(json_agg(json_build_object(
         'privilege', granted.privilege_type,
         'grantee', coalesce(quote_ident(r.rolname), 'public'),
         'grantable', granted.is_grantable,
         'column', quote_ident(column_name)
       )) filter (where granted.grantee <> owner), '[]') as grants
     from lists
     left join lateral aclexplode(list) as granted on true
     left join pg_roles r on r.oid = granted.grantee`,
    [object.catalogue, object.oid],
  );
  return privileges ?? { owner: null, grants: [] };
}

/** Gives an object the owner and grants of its predecessor. Grants on removed columns are lost. */
export async function restorePrivileges(
  tx: Queryable,
  { kind, identity, oid }: StoredObject,
  { owner, grants }: Privileges,
): Promise<void> {
  const columns = await tx.query<{ name: string }>(
    `select quote_ident(attname) as name from pg_attribute where attrelid = $1 and attnum > 0 and not attisdropped`,
    [oid],
  );
  const target = kind === 'view' ? identity : `function ${identity}`;
  if (kind === 'function') await tx.query(`revoke all on ${target} from public`);
  for (const { privilege, grantee, grantable, column } of grants) {
    if (column !== null && !columns.some(({ name }) => name === column)) continue;
    const part = column === null ? '' : ` (${column})`;
    const option = grantable ? ' with grant option' : '';
    await tx.query(`grant ${privilege}${part} on ${target} to ${grantee}${option}`);
  }
  if (owner !== null) await tx.query(`alter ${kind} ${identity} owner to ${owner}`);
}
