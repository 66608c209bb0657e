/**
 * What the rules find, stored as rows come in. Pages leave the spans of their rows; changes of rules, lists and people are
 * found by comparing. From both follow spans for each rule in `zendesk_sync.stale_findings`, and these are made again, one
 * transaction some days of the access log or a month of the audit log, so that a process which dies leaves only what it did
 * not do.
 */
import { longLimitMs, type Database, type Transaction } from '../../database/client.ts';
import { createPartitionKeeper, findingsTable } from '../../database/partitions.ts';
import type { LogStream } from '../../streams/stream.ts';
import { refreshRollups } from '../rollups.ts';
import { markChangedInputs, type ChangedInput } from './inputs.ts';
import { markExamined } from './marks.ts';
import { storeFindings, type FindingCounts, type StalePart } from './store.ts';

type ExamineOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Called before each day whose rollups are recomputed, and after the last, with how many are done, of how many. */
  readonly reportDays?: (done: number, total: number) => void;
  /** Called with the rules, lists and people that were changed, before anything is made again. */
  readonly reportChanges?: (changes: readonly ChangedInput[]) => void;
  /** Called before each span that the rules look at, and after the last, with how many are done, of how many. */
  readonly report?: (done: number, total: number) => void;
};

/** What came of it: days whose rollups were recomputed, spans that the rules looked at, and what they found. */
export type Examined = FindingCounts & { readonly days: number; readonly spans: number };

/**
 * Brings rollups and findings of an account up to date. An abort ends it between two days.
 *
 * Spans are taken before the rollups are made: of what comes meanwhile the next one takes care.
 */
export async function examine(
  db: Database,
  account: string,
  logs: readonly LogStream[],
  options: ExamineOptions = {},
): Promise<Examined> {
  const { signal, reportDays, reportChanges } = options;
  const changes = await markChangedInputs(db, account);
  if (changes.length > 0) reportChanges?.(changes);
  for (const log of logs) if (log.findings !== undefined) await markExamined(db, account, log);
  const days = await refreshRollups(db, account, logs, signal, reportDays);
  return { days, ...(await renewFindings(db, account, logs, options)) };
}

/** Makes again what is marked. */
export async function renewFindings(
  db: Database,
  account: string,
  logs: readonly LogStream[],
  { signal, report = () => {} }: ExamineOptions = {},
): Promise<FindingCounts & { readonly spans: number }> {
  const sums = { new: 0, changed: 0, withdrawn: 0 };
  const lists: { log: LogStream; chunks: readonly Chunk[] }[] = [];
  for (const log of logs) lists.push({ log, chunks: await listChunks(db, account, log) });
  const total = lists.reduce((sum, { chunks }) => sum + chunks.length, 0);
  const ensurePartitions = createPartitionKeeper(db);
  let spans = 0;
  for (const { log, chunks } of lists) {
    for (const chunk of chunks) {
      signal?.throwIfAborted();
      report(spans, total);
      await ensurePartitions(findingsTable, [chunk.fromMs, chunk.untilMs - 1]);
      const counts = await renewChunk(db, account, log, chunk);
      sums.new += counts.new;
      sums.changed += counts.changed;
      sums.withdrawn += counts.withdrawn;
      spans += 1;
    }
  }
  if (spans > 0) report(spans, total);
  await db.query(
    `delete from zendesk_sync.stale_findings where account = $1 and stream = any ($2::text[]) and isempty(spans)`,
    [account, logs.map(({ name }) => name)],
  );
  return { ...sums, spans };
}

/** Days or a month, UTC, in which something is marked. */
type Chunk = {
  readonly from: string;
  readonly until: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly rows: number;
};

/** A question costs as much as thousands of rows, and looking back from each day what looking back from several does. */
const mostRowsTogether = 50_000;

/** Days that follow each other become one chunk, as long as they have few rows. */
function joinChunks(chunks: readonly Chunk[]): readonly Chunk[] {
  const joined: Chunk[] = [];
  for (const chunk of chunks) {
    const last = joined.at(-1);
    const rows = (last?.rows ?? 0) + chunk.rows;
    if (last?.untilMs === chunk.fromMs && rows <= mostRowsTogether)
      joined[joined.length - 1] = { ...last, until: chunk.until, untilMs: chunk.untilMs, rows };
    else joined.push(chunk);
  }
  return joined;
}

/** Spans without stored rows, spans in the archive, and what is marked for one person as well as for everybody need no look of their own. */
async function listChunks(
  db: Database,
  account: string,
  log: LogStream,
): Promise<readonly Chunk[]> {
  if (log.findings === undefined) return [];
  const { name, time } = log.table;
  await db.query(
    `update zendesk_sync.stale_findings s
     set spans = s.spans * tstzmultirange(bounds.span) - left_out.spans - coalesce(
       (
         select e.spans from zendesk_sync.stale_findings e
         where s.actor_id <> 0 and e.account = s.account and e.stream = s.stream and e.rule = s.rule and e.actor_id = 0
       ),
       '{}'
     )
     from (
       select case when min(l.${time}) is null then 'empty' else tstzrange(min(l.${time}), max(l.${time}), '[]') end as span
       from ${name} l where l.account = $1
     ) as bounds
     cross join (select zendesk_sync.archived_spans($1, $2) as spans) as left_out
     where s.account = $1 and s.stream = $2`,
    [account, log.name],
  );
  const chunks = await db.query<Chunk>(
    `select day::text as from, (day + step)::text as until, extract(epoch from day)::float8 * 1000 as "fromMs",
       extract(epoch from day + step)::float8 * 1000 as "untilMs",
       (
         select coalesce(sum(d.rows), 0)::float8 from zendesk_sync.stored_days d
         where d.account = $1 and d.stream = $2 and d.day >= (days.day at time zone 'UTC')::date and d.day < (days.day + step) at time zone 'UTC'
       ) as rows
     from (select $3::text as unit, ('1 ' || $3)::interval as step) as width
     cross join lateral (
       select distinct day
       from zendesk_sync.stale_findings s
       cross join unnest(s.spans) as span
       cross join generate_series(date_trunc(unit, lower(span), 'UTC'), upper(span), step) as day
       where s.account = $1 and s.stream = $2
     ) as days
     order by day`,
    [account, log.name, log.findings.renewedBy],
  );
  return joinChunks(chunks);
}

async function renewChunk(
  db: Database,
  account: string,
  log: LogStream,
  chunk: Chunk,
): Promise<FindingCounts> {
  return db.transaction(async (tx) => {
    const sums = { new: 0, changed: 0, withdrawn: 0 };
    for (const part of groupMarks(await takeMarks(tx, account, log, chunk))) {
      const counts = await storeFindings(tx, account, log, part);
      sums.new += counts.new;
      sums.changed += counts.changed;
      sums.withdrawn += counts.withdrawn;
    }
    return sums;
  }, longLimitMs);
}

type Mark = {
  readonly rule: string;
  readonly actor: string;
  readonly from: string;
  readonly until: string;
};

/** The rows are read after the marks are taken, so rows that are marked in the meantime are examined again. */
async function takeMarks(
  tx: Transaction,
  account: string,
  log: LogStream,
  { from, until }: Chunk,
): Promise<readonly Mark[]> {
  return tx.query<Mark>(
    `with chunk as (select tstzrange($3::timestamptz, $4::timestamptz) as span),
     taken as materialized (
       select s.rule, s.actor_id, s.spans * tstzmultirange(chunk.span) as part
       from zendesk_sync.stale_findings s, chunk
       where s.account = $1 and s.stream = $2 and s.spans && chunk.span
       order by s.rule, s.actor_id
       for update of s
     ),
     rest as (
       update zendesk_sync.stale_findings s
       set spans = s.spans - tstzmultirange(chunk.span)
       from chunk
       where s.account = $1 and s.stream = $2 and (s.rule, s.actor_id) in (select t.rule, t.actor_id from taken t)
     )
     select t.rule, t.actor_id::text as actor, lower(t.part)::text as from,
       -- A span may end with its last instant.
       (upper(t.part) + case when upper_inc(t.part) then interval '1 microsecond' else interval '0' end)::text as until
     from taken t
     order by 3, 4, 1, 2`,
    [account, log.name, from, until],
  );
}

/**
 * The marks of a day as few questions: a question costs as much as thousands of rows, and what is looked at once too often
 * does no harm. Rules that begin at the same moment are asked together.
 */
function groupMarks(marks: readonly Mark[]): readonly StalePart[] {
  const groups = new Map<string, Mark[]>();
  for (const mark of marks) {
    const key = `${mark.actor === '0' ? 'all' : 'some'} ${mark.from}`;
    groups.set(key, [...(groups.get(key) ?? []), mark]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return [
      {
        rules: [...new Set(group.map(({ rule }) => rule))],
        actors: first.actor === '0' ? undefined : [...new Set(group.map(({ actor }) => actor))],
        from: first.from,
        // Postgres writes all of them in UTC and in one form, so that they compare as text.
        until:
          group
            .map(({ until }) => until)
            .toSorted()
            .at(-1) ?? first.until,
      },
    ];
  });
}
