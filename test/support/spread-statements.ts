/** Forms of statements that Citus refuses for tables that are spread over servers: multi_router_planner.c of Citus 9 to 13. */
import type { Queryable } from '../../src/database/client.ts';
import { isNode, listOf, nodesIn, readTree, type TreeNode, type TreeValue } from './query-tree.ts';

/** What Postgres knows of the functions and tables that a statement may name. */
type Catalogue = {
  /** Functions that are not immutable: volatile or stable, by their numbers. */
  readonly mutable: ReadonlyMap<string, 'stable' | 'volatile'>;
  /** Types whose text depends on settings, such as that of the time zone. */
  readonly unsteadyTypes: ReadonlySet<string>;
  /** The column `account` of the tables that have one. */
  readonly accounts: ReadonlyMap<string, { readonly name: string; readonly column: string }>;
};

/** Reads what is needed of the catalogue. */
export async function loadCatalogue(db: Queryable): Promise<Catalogue> {
  const functions = await db.query<{ id: string; kind: 'stable' | 'volatile' }>(
    `select oid::text as id, case provolatile when 's' then 'stable' else 'volatile' end as kind
     from pg_proc where provolatile <> 'i'`,
  );
  const types = await db.query<{ id: string }>(
    `select t.oid::text as id from pg_type t
     where exists (select from pg_proc p where p.oid in (t.typinput, t.typoutput) and p.provolatile <> 'i') and t.typtype = 'b' and t.typcategory <> 'A'`,
  );
  const tables = await db.query<{ id: string; name: string; column: string }>(
    `select c.oid::text as id, c.oid::regclass::text as name, a.attnum::text as column
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'account'
     where c.relkind in ('r', 'p') and c.relnamespace::regnamespace::text like 'zendesk%'`,
  );
  return {
    mutable: new Map(functions.map(({ id, kind }) => [id, kind])),
    unsteadyTypes: new Set(types.map(({ id }) => id)),
    accounts: new Map(tables.map(({ id, ...table }) => [id, table])),
  };
}

/** The tree of a statement of rows; undefined for others, such as `begin` and `copy`. */
export async function analyse(tx: Queryable, statement: string): Promise<TreeValue> {
  if (!/^\s*(?:with|select|insert|update|delete)\b/i.test(statement)) return undefined;
  await tx.query(`prepare spread_statement as ${statement}`);
  const [prepared] = await tx.query<{ types: string }>(
    `select array_to_string(parameter_types, ', ') as types from pg_prepared_statements where name = 'spread_statement'`,
  );
  await tx.query('deallocate spread_statement');
  await tx.query(
    `create or replace function pg_temp.spread_statement(${prepared?.types ?? ''}) returns void language sql begin atomic ${statement}; end`,
  );
  const [made] = await tx.query<{ body: string }>(
    `select prosqlbody::text as body from pg_proc where proname = 'spread_statement' order by oid desc limit 1`,
  );
  return readTree(made?.body ?? '');
}

const commands = { update: '2', insert: '3', delete: '4' } as const;

/** What Citus refuses in a statement that changes rows of a table with an account. */
export function findRefused(tree: TreeValue, catalogue: Catalogue): readonly string[] {
  const faults = new Set<string>();
  for (const query of nodesIn(tree)) {
    if (query.type !== 'QUERY') continue;
    if (query.fields['hasRecursive'] === 'true') judgeRecursion(query, catalogue, faults);
    const table = targetOf(query, catalogue);
    if (table !== undefined)
      judgeChange(query, catalogue, (fault) => faults.add(`${table}: ${fault}`));
  }
  return [...faults];
}

function targetOf({ fields }: TreeNode, { accounts }: Catalogue): string | undefined {
  const target = listOf(fields['rtable'])[Number(fields['resultRelation']) - 1];
  return isNode(target) ? accounts.get(wordOf(target.fields['relid']))?.name : undefined;
}

function judgeChange(
  { fields }: TreeNode,
  catalogue: Catalogue,
  tell: (fault: string) => void,
): void {
  const { commandType, targetList, returningList, onConflict, jointree } = fields;
  const mutableIn = (value: TreeValue) => [...findMutable(value, catalogue)];
  if (mutableIn(returningList).length > 0) tell('a function that is not immutable in RETURNING');
  if (isNode(onConflict)) {
    const { onConflictSet, onConflictWhere, arbiterWhere } = onConflict.fields;
    if (mutableIn([onConflictSet, onConflictWhere, arbiterWhere]).length > 0)
      tell('a function that is not immutable in DO UPDATE');
  }
  const quals = isNode(jointree) ? jointree.fields['quals'] : undefined;
  if (mutableIn(quals).includes('volatile')) tell('a volatile function in WHERE');
  if (commandType === commands.update && mutableIn(targetList).length > 0)
    tell('a function that is not immutable in SET');
  for (const part of [targetList, quals])
    for (const node of nodesIn(part)) {
      if (node.type === 'QUERY') break;
      const isChoice = ['CASEEXPR', 'COALESCEEXPR'].includes(node.type);
      if (isChoice && mutableIn(Object.values(node.fields)).length > 0)
        tell(
          `a function that is not immutable in ${node.type === 'CASEEXPR' ? 'CASE' : 'COALESCE'}`,
        );
      if (commandType !== commands.insert && isStableOfColumn(node, catalogue))
        tell('a stable function of a column');
    }
}

/** The functions in a value that are not immutable; what a subquery uses is judged with the subquery. */
function* findMutable(value: TreeValue, catalogue: Catalogue): Generator<'stable' | 'volatile'> {
  if (isNode(value)) {
    if (value.type === 'QUERY') return;
    const own = volatilityOf(value, catalogue);
    if (own !== undefined) yield own;
    for (const field of Object.values(value.fields)) yield* findMutable(field, catalogue);
  } else for (const each of listOf(value)) yield* findMutable(each, catalogue);
}

function volatilityOf(
  { type, fields }: TreeNode,
  { mutable, unsteadyTypes }: Catalogue,
): 'stable' | 'volatile' | undefined {
  if (type === 'SQLVALUEFUNCTION') return 'stable';
  if (type === 'NEXTVALUEEXPR') return 'volatile';
  if (type === 'COERCEVIAIO')
    return [fields['resulttype'], typeOf(fields['arg'])].some((id) => unsteadyTypes.has(wordOf(id)))
      ? 'stable'
      : undefined;
  return mutable.get(wordOf(fields['funcid'] ?? fields['opfuncid']));
}

/** A number or a name; empty for others. */
function wordOf(value: TreeValue): string {
  return typeof value === 'string' ? value : '';
}

function typeOf(value: TreeValue): TreeValue {
  if (!isNode(value)) return undefined;
  const known = [
    'vartype',
    'paramtype',
    'consttype',
    'funcresulttype',
    'opresulttype',
    'resulttype',
  ];
  return known.map((name) => value.fields[name]).find((type) => type !== undefined);
}

function isStableOfColumn(node: TreeNode, catalogue: Catalogue): boolean {
  if (volatilityOf(node, catalogue) !== 'stable') return false;
  return [...nodesIn(Object.values(node.fields))].some(({ type }) => type === 'VAR');
}

/** Each table in the part that refers to itself is restricted to an account that is given. */
function judgeRecursion({ fields }: TreeNode, catalogue: Catalogue, faults: Set<string>): void {
  for (const part of listOf(fields['cteList'])) {
    if (!isNode(part) || part.fields['cterecursive'] !== 'true') continue;
    for (const query of nodesIn(part.fields['ctequery'])) {
      if (query.type !== 'QUERY') continue;
      for (const [place, table] of listOf(query.fields['rtable']).entries()) {
        const own = isNode(table)
          ? catalogue.accounts.get(wordOf(table.fields['relid']))
          : undefined;
        if (own !== undefined && !isRestricted(query, place + 1, own.column))
          faults.add(`${own.name}: a recursive part without the account`);
      }
    }
  }
}

function isRestricted({ fields }: TreeNode, place: number, column: string): boolean {
  return [...nodesIn(fields['jointree'])].some(({ type, fields: { args } }) => {
    const [one, other] = listOf(args);
    if (type !== 'OPEXPR' || !isNode(one) || !isNode(other)) return false;
    return [[one, other] as const, [other, one] as const].some(
      ([left, right]) =>
        left.type === 'VAR' &&
        left.fields['varno'] === String(place) &&
        left.fields['varattno'] === column &&
        ['PARAM', 'CONST'].includes(
          right.type === 'RELABELTYPE' && isNode(right.fields['arg'])
            ? right.fields['arg'].type
            : right.type,
        ),
    );
  });
}
