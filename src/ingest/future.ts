/**
 * Coverage in the future: a clock was wrong, or somebody has written into the ledger. The rows of that time would never be
 * read.
 */
import type { Queryable } from '../database/client.ts';
import { fromSeconds, subtract, type Spans } from '../span.ts';
import { changeCoverage } from './coverage-change.ts';
import { loadCoverage, loadRescans, type StreamKey } from './coverage.ts';
import type { Rescanned } from './plan.ts';
import { keyOf, type Pull } from './pull.ts';
import { noteUncovered } from './uncovered.ts';

/** Clocks that differ by less than this agree. */
const toleratedSeconds = 5;

/**
 * Withdraws coverage in the future, from the point where it is no longer proved, and logs it. What is withdrawn is a gap and
 * is read again. Returns the remaining coverage.
 */
export async function withdrawFuture(pull: Pull, coverage: Spans): Promise<Spans> {
  const { engine, lease } = pull;
  const { likely } = engine.clocks.now();
  const until = coverage.at(-1)?.to ?? 0;
  if (until <= likely + toleratedSeconds) return coverage;
  const key = keyOf(pull);
  const from = await changeCoverage(engine.db, lease, async (tx) => {
    const proved = await findProved(tx, key, likely, engine.settings.settleSeconds);
    const values = [key.account, key.stream, fromSeconds(likely), fromSeconds(proved)];
    const before = await loadCoverage(tx, key);
    await tx.query(withdraw, values);
    const withdrawn = subtract(before, await loadCoverage(tx, key));
    const spans = withdrawn.map((span) => [span.from, span.to] as const);
    await noteUncovered(
      tx,
      key,
      spans.map((span) => ({ span, reason: 'in_future', rows: 0 })),
    );
    return proved;
  });
  engine.log.warn(
    { ...key, from: fromSeconds(from).toISOString(), until: fromSeconds(until).toISOString() },
    'coverage in the future was withdrawn; the time from then to now is read again',
  );
  return loadCoverage(engine.db, key);
}

/** Does the same with rescans at an age that their time cannot have yet. */
export async function withdrawFutureRescans(pull: Pull, rescanned: Rescanned): Promise<Rescanned> {
  const { engine, lease } = pull;
  const key = keyOf(pull);
  const { likely } = engine.clocks.now();
  const early = [...rescanned].filter(
    ([age, spans]) => (spans.at(-1)?.to ?? 0) > likely - age + toleratedSeconds,
  );
  if (early.length === 0) return rescanned;
  await changeCoverage(engine.db, lease, async (tx) => {
    const proved = await findProved(tx, key, likely, 0);
    for (const [age] of early)
      await tx.query(withdrawRescans, [
        key.account,
        key.stream,
        fromSeconds(likely - age),
        fromSeconds(proved - age),
        age,
      ]);
  });
  engine.log.warn(
    { ...key, ages: early.map(([age]) => age) },
    'spans that counted as read again, at an age that they have not reached yet, will be read again',
  );
  return loadRescans(engine.db, key);
}

/**
 * How far the fetches prove the coverage: fetches with a request time in the future prove it up to what the database's clock
 * said when they began; if there are none, those that ended prove what they say.
 */
async function findProved(
  tx: Queryable,
  { account, stream }: StreamKey,
  now: number,
  settleSeconds: number,
): Promise<number> {
  const [row] = await tx.query<{ proved: number }>(
    `select extract(epoch from least($3::timestamptz, coalesce(
       min(started_at) filter (where asked_at > $3::timestamptz),
       max(least(asked_at, span_until + make_interval(secs => $4))),
       'epoch'
     )))::float8 as proved
     from zendesk_sync.fetches
     where account = $1 and stream = $2 and outcome = 'complete'`,
    [account, stream, fromSeconds(now), settleSeconds],
  );
  return Math.max(0, Math.floor(row?.proved ?? 0) - settleSeconds);
}

// Only what reaches into the future: what ends before is still true.
const cut = (table: string, condition: string): string => `with kept as (
    delete from ${table}
    where account = $1 and stream = $2 and ${condition} and covered_until > $3::timestamptz
    returning covered_from
  )`;

const withdraw = `${cut('zendesk_sync.coverage', 'true')}
  insert into zendesk_sync.coverage (account, stream, covered_from, covered_until)
  select $1, $2, covered_from, $4::timestamptz from kept where covered_from < $4::timestamptz`;

const withdrawRescans = `${cut('zendesk_sync.rescans', 'age_seconds = $5::integer')}
  insert into zendesk_sync.rescans (account, stream, age_seconds, covered_from, covered_until)
  select $1, $2, $5::integer, covered_from, $4::timestamptz from kept where covered_from < $4::timestamptz`;
