/** Findings of a span of time, made again from the rows and brought into the table. */
import type { Transaction } from '../../database/client.ts';
import type { LogStream } from '../../streams/stream.ts';

/** What is made again at once. */
export type StalePart = {
  readonly rules: readonly string[];
  /** The only people concerned; undefined: everybody. */
  readonly actors: readonly string[] | undefined;
  /** First instant, and first instant after, as Postgres writes them. */
  readonly from: string;
  readonly until: string;
};

/** How many findings came, changed, and no longer hold. */
export type FindingCounts = {
  readonly new: number;
  readonly changed: number;
  readonly withdrawn: number;
};

/**
 * Works out what the rules find in a part, and stores what differs. A finding that is found again keeps its id and what
 * people said of it, also when its time has changed.
 */
export async function storeFindings(
  tx: Transaction,
  account: string,
  { name, findings: source }: Pick<LogStream, 'name' | 'findings'>,
  { rules, actors, from, until }: StalePart,
): Promise<FindingCounts> {
  if (source === undefined) return { new: 0, changed: 0, withdrawn: 0 };
  // For the rules that look at many requests at once.
  await tx.query(
    `select set_config('zendesk_sync.asked_from', $1, true), set_config('zendesk_sync.asked_until', $2, true)`,
    [from, until],
  );
  const [counts] = await tx.query<FindingCounts>(`${workOut(source)}, ${compare}`, [
    account,
    name,
    from,
    until,
    rules,
    actors ?? null,
  ]);
  return counts ?? { new: 0, changed: 0, withdrawn: 0 };
}

const told = [
  'rule_version',
  'severity',
  'created_at',
  'first_at',
  'last_at',
  'actor_id',
  'actor_name',
  'summary',
  'record_id',
  'evidence',
];
const list = (alias: string): string => told.map((name) => `${alias}.${name}`).join(', ');

/**
 * A finding about a day is known by its person and day, because its last request changes with each one that follows; all
 * others by their record. A request may name several watched resources.
 */
const workOut = ({
  view,
  record,
}: {
  readonly view: string;
  readonly record: string;
}): string => `with worked_out as materialized (
    select f.rule, f.severity, f.created_at, f.actor_id, f.actor_name, f.summary, f.${record}::text as record_id
    from ${view} f
    where f.account = $1 and f.created_at >= $3::timestamptz and f.created_at < $4::timestamptz and f.rule = any ($5::text[])
      and ($6::bigint[] is null or f.actor_id = any ($6))
  ),
  named as (
    select w.*, v.version as rule_version, r.parameters ? 'measure' as is_of_day,
      concat_ws(E'\\x1f', $1::text, $2::text, w.rule, case
        when r.parameters ? 'measure' then concat_ws('/', w.actor_id, (w.created_at at time zone 'UTC')::date)
        when w.rule = 'watchlist_access' then concat_ws('/', w.record_id, split_part(substr(w.summary, length(r.title) + 3), ', ', 1))
        else w.record_id
      end) as named_by
    from worked_out w
    join zendesk.finding_rules r on r.rule = w.rule
    cross join lateral (
      select v.version from zendesk.finding_rule_versions v where v.rule = w.rule order by v.version desc limit 1
    ) as v
  ),
  found as materialized (
    select distinct on (n.named_by)
      encode(substr(sha256(convert_to(n.named_by, 'UTF8')), 1, 8), 'hex') collate "C" as finding,
      n.rule, n.rule_version, n.severity, n.created_at, e.first_at, e.last_at, n.actor_id, n.actor_name, n.summary, n.record_id, e.evidence
    from named n
    cross join lateral zendesk_sync.evidence_of($1::text, $2::text, n.rule, n.is_of_day, n.created_at, n.actor_id, n.record_id) as e
    order by n.named_by, n.summary
  )`;

/** What is no longer found is withdrawn, what differs is changed where it is, what is new is added. */
const compare = `withdrawn as (
    update zendesk.findings k
    set withdrawn_at = clock.at, changed_at = clock.at,
      withdrawn_because = case
        when k.rule_version = (select max(v.version) from zendesk.finding_rule_versions v where v.rule = k.rule)
          and exists (select from zendesk.finding_rules r where r.rule = k.rule) then 'rows'
        else 'rule'
      end
    from (select now() as at) as clock
    where k.account = $1 and k.stream = $2 and k.created_at >= $3::timestamptz and k.created_at < $4::timestamptz
      and k.rule = any ($5::text[]) and ($6::bigint[] is null or k.actor_id = any ($6))
      and k.withdrawn_at is null
      and not exists (select from found f where f.finding = k.finding)
    returning 1
  ),
  known as materialized (
    select k.finding, k.created_at as stored_at, (${list('k')}) is distinct from (${list('f')}) or k.withdrawn_at is not null as differs
    from found f
    join zendesk.findings k on k.finding = f.finding and k.account = $1
  ),
  changed as (
    update zendesk.findings k
    set (${told.join(', ')}) = (${list('f')}), changed_at = clock.at, withdrawn_at = null, withdrawn_because = null
    from known
    cross join (select now() as at) as clock
    join found f on f.finding = known.finding
    where known.differs and k.account = $1 and k.created_at = known.stored_at and k.finding = known.finding
    returning 1
  ),
  added as (
    insert into zendesk.findings (finding, account, stream, rule, ${told.join(', ')})
    select f.finding, $1, $2, f.rule, ${list('f')}
    from found f
    where not exists (select from known where known.finding = f.finding)
    order by f.created_at, f.finding
    returning 1
  )
  select (select count(*)::integer from added) as new, (select count(*)::integer from changed) as changed,
    (select count(*)::integer from withdrawn) as withdrawn`;
