/**
 * The state when the sealed log of a stream began: how many rows each day had, what was covered, what was in
 * quarantine. Recorded once, with the first manifest of the stream. The rows themselves are adopted later (adopt.ts).
 */
import type { Queryable } from '../../database/client.ts';
import { subtract, toSeconds, type Spans } from '../../span.ts';
import type { LogStream } from '../../streams/stream.ts';
import { commitToRecords, rootOfRecords, type KeptRecord } from '../quarantine-root.ts';
import { inMicros, inUtc } from '../stored-rows.ts';
import { pairsOf } from '../verification/entry.ts';

type Account = { readonly account: string; readonly logs: readonly LogStream[] };

/** An entry holds at most 65,535 bytes: so many days or spans go into one. */
const mostListed = 1500;

/** The manifests of the state of streams that are in the log from now on. Records that they are. */
export async function noteFound(tx: Queryable, sealing: Account): Promise<readonly object[]> {
  const { account, logs } = sealing;
  const found: object[] = [];
  for (const { stream, before } of await listBegun(tx, sealing)) {
    const log = logs.find(({ name }) => name === stream);
    const days = log === undefined ? [] : await countFound(tx, account, log);
    const covered = log === undefined ? [] : await loadFoundCoverage(tx, account, stream);
    const records = await commitToFound(tx, account, stream);
    const total = days.reduce((sum, [, rows]) => sum + rows, 0);
    const isComplete = days.length === 0;
    const common = { kind: 'found', stream, before: before.text, noted_at: before.now };
    found.push({ ...common, records, total, ...(isComplete && { complete: true }) });
    for (const part of cutIntoParts(days))
      found.push({ ...common, days: Object.fromEntries(part) });
    for (const part of cutIntoParts(covered)) found.push({ ...common, covered: part });
    await tx.query(
      `insert into zendesk_evidence.adoptions (account, stream, before, ended_at)
       select $1, $2, $3::timestamptz, case when $4 then clock.at end from (select now() as at) as clock`,
      [account, stream, before.text, isComplete],
    );
  }
  return found;
}

type Begun = {
  readonly stream: string;
  /** The moment of its first manifest: what was written earlier has none. */
  readonly before: { readonly text: string; readonly now: string };
};

/** The streams of which the first manifest waits; and those that are no logs and have records in quarantine. */
async function listBegun(tx: Queryable, { account, logs }: Account): Promise<readonly Begun[]> {
  return tx.query<Begun>(
    `select stream, json_build_object('text', ${inUtc('min(moment)')}, 'now', ${inUtc('now()')}) as before
     from (
       select stream, stored_at as moment from zendesk_evidence.pending where account = $1 and stream = any ($2::text[])
       union all
       select stream, now() from zendesk_sync.quarantine where account = $1 and stream <> all ($2::text[])
     ) as begun
     where not exists (
       select from zendesk_evidence.adoptions a where a.account = $1 and a.stream = begun.stream
     )
     group by stream order by stream`,
    [account, logs.map(({ name }) => name)],
  );
}

/**
 * The manifests of a stream, sealed and waiting, without those that a restored database has lost: `$1` the account, `$2` the
 * stream.
 */
const noted = `(
    with sealed as materialized (
      select index, zendesk_sync.manifest_of(manifest) as body from zendesk_evidence.entries where account = $1
    ),
    restored as materialized (
      select (body ->> 'from')::bigint as first, index as until, body -> 'kept' as kept from sealed where body ->> 'kind' = 'restore'
    )
    select zendesk_sync.manifest_of(convert_to(manifest, 'UTF8')) as manifest from zendesk_evidence.pending where account = $1 and stream = $2
    union all
    select body from sealed
    where body ->> 'stream' = $2 and not exists (
      select from restored r where index >= r.first and index < r.until and not r.kept @> to_jsonb(index)
    )
  )`;

/** How many more rows each day has than its manifests say: from one snapshot, because a page stores its rows and its manifest together. */
async function countFound(
  tx: Queryable,
  account: string,
  { name, table }: LogStream,
): Promise<readonly (readonly [day: string, rows: number])[]> {
  const rows = await tx.query<{ day: string; rows: number }>(
    `with said as (
       -- What waits may be anything.
       select each.key as day, sum(case when each.value ~ '^-?\\d{1,9}$' then each.value::bigint end) as rows
       from ${noted} as noted,
         jsonb_each_text(case when jsonb_typeof(noted.manifest -> 'days') = 'object' then noted.manifest -> 'days' else '{}' end) as each
       where noted.manifest ->> 'kind' <> 'adopted'
       group by 1
     ),
     counted as (
       select (${table.time} at time zone 'UTC')::date::text as day, count(*) as rows from ${table.name}
       where account = $1 group by 1
     )
     select day, (coalesce(counted.rows, 0) - coalesce(said.rows, 0))::float8 as rows
     from counted full join said using (day)
     -- Fewer is what verify finds.
     where coalesce(counted.rows, 0) > coalesce(said.rows, 0)
     order by day`,
    [account, name],
  );
  return rows.map(({ day, rows: count }) => [day, count]);
}

/** What is covered without a manifest that says so. */
async function loadFoundCoverage(
  tx: Queryable,
  account: string,
  stream: string,
): Promise<readonly (readonly [number, number])[]> {
  const covered = await tx.query<{ from: Date; to: Date }>(
    `select covered_from as from, covered_until as to from zendesk_sync.coverage
     where account = $1 and stream = $2 order by covered_from`,
    [account, stream],
  );
  const [said] = await tx.query<{ spans: readonly unknown[] }>(
    `select coalesce(json_agg(span), '[]') as spans
     from ${noted} as noted,
       jsonb_array_elements(case when jsonb_typeof(noted.manifest -> 'covered') = 'array' then noted.manifest -> 'covered' else '[]' end) as span`,
    [account, stream],
  );
  const borne: Spans = pairsOf(said?.spans).map(([from, to]) => ({ from, to }));
  const spans = covered.map(({ from, to }) => ({ from: toSeconds(from), to: toSeconds(to) }));
  return subtract(spans, borne).map(({ from, to }) => [from, to]);
}

/** The records that were in quarantine and have no manifest of their own. */
async function commitToFound(
  tx: Queryable,
  account: string,
  stream: string,
): Promise<{ readonly count: number; readonly root: string }> {
  const records = await tx.query<KeptRecord>(
    `select q.stream, q.content, ${inMicros('q.first_seen')} as micros from zendesk_sync.quarantine q
     where q.account = $1 and q.stream = $2 and not exists (
       select from zendesk_evidence.pending p
       where p.account = $1 and p.stream = $2 and p.stored_at = q.first_seen
     )`,
    [account, stream],
  );
  const leaves = await commitToRecords(tx, account, records);
  return { count: leaves.length, root: rootOfRecords(leaves) };
}

function cutIntoParts<Each>(list: readonly Each[]): readonly (readonly Each[])[] {
  const parts = Math.ceil(list.length / mostListed);
  return Array.from({ length: parts }, (_, at) =>
    list.slice(at * mostListed, (at + 1) * mostListed),
  );
}
