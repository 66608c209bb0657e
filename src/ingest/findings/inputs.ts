/** What findings depend on besides the rows of the logs: rules, lists and people. Found by comparing hashes, so that it does not matter who changed what. */
import type { Database, Queryable } from '../../database/client.ts';
import { fingerprintQueries } from '../../database/rule-fingerprints.ts';
import { addStale } from './marks.ts';

/** What was changed since the last look, in the order of its kinds. */
export type ChangedInput = { readonly input: string; readonly item: string };

let queries: string | undefined;

/**
 * Looks for changes of rules, lists and people, and marks what they concern. Returns those that somebody has made by hand:
 * none at the first look, when everything is new, and no people, who change with each listing.
 */
export async function markChangedInputs(
  db: Database,
  account: string,
): Promise<readonly ChangedInput[]> {
  queries ??= JSON.stringify(fingerprintQueries());
  const hashes = queries;
  return db.transaction(async (tx) => {
    await tx.query(noteVersions, [hashes]);
    const [known] = await tx.query<{ any: boolean }>(
      'select exists (select from zendesk_sync.finding_inputs where account = $1) as any',
      [account],
    );
    const few = await tx.query<ChangedInput>(compareFew, [account, hashes]);
    const people = few.some(({ input }) => input === 'people')
      ? await tx.query<ChangedInput>(comparePeople, [account])
      : [];
    const made = few.filter(({ input }) => input !== 'people');
    const isFirst = known?.any !== true;
    // At the first look all rules are new, and have everybody looked at.
    const changed = isFirst ? made : [...made, ...people];
    if (changed.length === 0) return changed;
    const values = [account, JSON.stringify(changed)];
    for (const statement of marks) await tx.query(statement, values);
    await renamePeople(tx, values);
    return isFirst ? [] : made;
  });
}

const ruleDefinition = `to_jsonb(r) || jsonb_build_object('patterns', coalesce((
    select jsonb_agg(to_jsonb(p) - '{pattern,rule}'::text[] order by p.pattern) from zendesk.audit_patterns p where p.rule = r.rule
  ), '[]'))`;

const rulesNow = (hashes: string): string => `select d.rule, d.definition,
    encode(sha256(convert_to(d.definition::text || coalesce(${hashes}::jsonb ->> d.rule, ${hashes}::jsonb ->> ''), 'UTF8')), 'hex') as fingerprint
  from (select r.rule, ${ruleDefinition} as definition from zendesk.finding_rules r) as d`;

const noteVersions = `insert into zendesk.finding_rule_versions (rule, version, fingerprint, definition)
  select n.rule, coalesce(v.version, 0) + 1, n.fingerprint, n.definition
  from (${rulesNow('$1')}) as n
  left join lateral (
    select v.version, v.fingerprint from zendesk.finding_rule_versions v where v.rule = n.rule order by v.version desc limit 1
  ) as v on true
  where v.fingerprint is distinct from n.fingerprint
  order by n.rule
  on conflict do nothing`;

const hash = (text: string): string => `md5(${text})`;
const listHash = (table: string): string =>
  `select coalesce(${hash(`string_agg(to_jsonb(t)::text, ' ' order by to_jsonb(t)::text)`)}, '') from ${table} t`;

/** Everybody as one number: people may be a hundred thousand, and hardly any of them changes within minutes. */
const peopleHash = `select count(*) || ' ' || coalesce(sum(hashtextextended(p.line, 0)), 0)
  from (
    select row(u.id, u.name, u.role, u.iana_time_zone)::text as line from zendesk.users u where u.account = $1
    union all
    select row(h.id, h.valid_from, h.valid_to, h.name, h.role, h.active, h.suspended, h.team_member)::text
    from zendesk.user_history h where h.account = $1
  ) as p`;

const fewNow = `
  select 'rule' as input, n.rule as item, n.fingerprint as hash from (${rulesNow('$2')}) as n
  union all select 'service_account', s.user_id::text, '' from zendesk.service_accounts s where s.account = $1
  union all select 'watchlist', '', (${listHash('zendesk.watchlist')} where t.account = $1)
  union all select 'ip_ranges', '', (${listHash('zendesk.ip_ranges')})
  union all select 'search_patterns', '', (${listHash('zendesk.search_patterns')})
  union all select 'people', '', (${peopleHash})`;

const peopleNow = `
  select each.input, p.id::text as item, each.hash
  from (
    select id, u.iana_time_zone, u.role, u.name, h.states, h.names
    from (select * from zendesk.users where account = $1) as u
    full join (
      select id, jsonb_agg(jsonb_build_array(valid_from, valid_to, role, active, suspended, team_member) order by valid_from) as states,
        jsonb_agg(jsonb_build_array(valid_from, name) order by valid_from) as names
      from zendesk.user_history where account = $1 group by id
    ) as h using (id)
  ) as p
  cross join lateral (values
    ('person', ${hash('jsonb_build_array(p.iana_time_zone, p.role, p.states)::text')}),
    ('name', ${hash('jsonb_build_array(p.name, p.names)::text')})
  ) as each (input, hash)`;

const compare = (now: string, inputs: string): string => `with present as materialized (
    select n.input, n.item collate "C" as item, n.hash from (${now}) as n
  ),
  gone as (
    delete from zendesk_sync.finding_inputs i
    where i.account = $1 and ${inputs} and not exists (select from present p where p.input = i.input and p.item = i.item)
    returning i.input, i.item
  ),
  put as (
    insert into zendesk_sync.finding_inputs as i (account, input, item, hash)
    select $1, p.input, p.item, p.hash from present p
    where not exists (
      select from zendesk_sync.finding_inputs k
      where k.account = $1 and k.input = p.input and k.item = p.item and k.hash = p.hash
    )
    order by p.input, p.item
    on conflict (account, input, item) do update set hash = excluded.hash where i.hash <> excluded.hash
    returning i.input, i.item
  )
  select input, item from gone union all select input, item from put order by input, item`;

const compareFew = compare(fewNow, `i.input not in ('person', 'name')`);
const comparePeople = compare(peopleNow, `i.input in ('person', 'name')`);

const changed = `jsonb_to_recordset($2::jsonb) as c (input text, item text)`;
const always = `'{(,)}'::tstzmultirange`;

/** Which rules depend on which of them. */
const marks: readonly string[] = [
  addStale(
    `select distinct x.rule, 0 as actor_id, ${always} as spans, x.stream
     from ${changed}
     join lateral (
       select r.rule, r.stream from zendesk.finding_rules r
       where c.input = 'rule' and (r.rule = c.item or c.item = 'admin_role_assigned' and r.rule = 'change_after_grant')
         or c.input = 'watchlist' and r.rule = 'watchlist_access'
         or c.input = 'ip_ranges' and r.rule in ('listed_address', 'two_places')
         or c.input = 'search_patterns' and r.rule = 'risky_search'
       union
       -- A rule that was deleted.
       select f.rule, f.stream from zendesk.findings f where c.input = 'rule' and f.account = $1 and f.rule = c.item
     ) as x on true`,
    'n.stream',
  ),
  addStale(
    `select distinct r.rule, case when c.input in ('service_account', 'person') then c.item::bigint end as actor_id,
       ${always} as spans, r.stream
     from ${changed}
     join zendesk.finding_rules r on c.input = 'service_account'
       or c.input = 'person' and r.rule in ('off_hours_access', 'off_hours_change', 'dormant_admin', 'leaver_access')`,
    'n.stream',
  ),
];

/** The names in findings about the access log follow those of the people. */
async function renamePeople(tx: Queryable, values: readonly unknown[]): Promise<void> {
  await tx.query(
    `update zendesk.findings f
     set actor_name = n.name, changed_at = clock.at
     from (select now() as at) as clock, (
       select f.account, f.created_at, f.finding,
         (select p.name from zendesk_sync.person_at(f.account, f.actor_id, f.created_at) as p) as name
       from (select distinct c.item::bigint as id from ${changed} where c.input = 'name') as c
       join zendesk.findings f on f.account = $1 and f.actor_id = c.id
       where f.stream = 'access_logs'
     ) as n
     where f.account = n.account and f.created_at = n.created_at and f.finding = n.finding and f.actor_name is distinct from n.name`,
    values,
  );
}
