/** Loads what the histories of logs are made from: for one log or for all, in the same few statements. */
import type { Queryable } from '../../../database/client.ts';
import type { StreamKey } from '../../../ingest/coverage.ts';
import { loadGapFacts, type FactsScope } from '../../../ingest/gap-facts.ts';
import type { GapScope } from '../../../ingest/gaps.ts';
import type { StandingFinding } from '../../../ingest/verification-words.ts';
import { toSeconds } from '../../../span.ts';
import { listLogs } from '../../../streams/registry.ts';
import type { LogStream } from '../../../streams/stream.ts';
import type { PageService } from '../../service.ts';
import { loadLedgerSpans, spansOfFinding } from './load-ledger-spans.ts';
import { tellHistory, type History } from './history.ts';

/** A log with its history. */
export type ToldLog = {
  readonly account: string;
  readonly log: LogStream;
  readonly history: History;
  /** What verifications found of it that is not as it was stored. */
  readonly found: readonly StandingFinding[];
};

const ofScope = '($1::text is null or s.account = $1) and ($2::text is null or s.stream = $2)';

type StreamRow = StreamKey & {
  readonly firstRowDay: number | null;
  readonly isBeginningProved: boolean;
};

/** The histories of the logs of a scope, by account and in the order of the logs. */
export async function loadHistories(
  db: Queryable,
  service: PageService,
  scope: FactsScope,
  now: Date,
): Promise<readonly ToldLog[]> {
  const second = toSeconds(now);
  const values = [scope.account ?? null, scope.stream ?? null];
  const streams = await db.query<StreamRow>(
    `select s.account, s.stream, s.horizon_proved_at is not null as "isBeginningProved",
       extract(epoch from least(
         (select min(r.day) from zendesk_sync.stored_rows r where r.account = s.account and r.stream = s.stream),
         (select min(o.month) from zendesk_sync.archived_objects o where o.account = s.account and o.stream = s.stream)
       )::timestamp at time zone 'UTC')::float8 as "firstRowDay"
     from zendesk_sync.streams s where ${ofScope}`,
    values,
  );
  const spans = await loadLedgerSpans(db, scope);
  const facts = await loadGapFacts(db, scope, second);
  const logs = listLogs(service.streams);
  const places = new Map(logs.map(({ name }, place) => [name, place]));
  const ordered = streams.toSorted(
    (a, b) =>
      Number(a.account > b.account) - Number(a.account < b.account) ||
      (places.get(a.stream) ?? 0) - (places.get(b.stream) ?? 0),
  );
  return ordered.flatMap(({ account, stream, firstRowDay, isBeginningProved }) => {
    const log = logs.find(({ name }) => name === stream);
    if (log === undefined) return [];
    const key = { account, stream };
    const { found, ...told } = spans(key);
    const known = {
      gapFacts: facts(key),
      ...told,
      altered: found.flatMap((each) => spansOfFinding(each) ?? []),
      firstRowDay: firstRowDay ?? undefined,
      isBeginningProved,
    };
    return [
      { account, log, history: tellHistory(log, known, scopeOf(service, key, second)), found },
    ];
  });
}

/** The settings of an account; those of another process are taken to be like ours. */
export function settingsOf(
  { accounts }: PageService,
  account: string,
): PageService['accounts'][number]['config'] | undefined {
  return (accounts.find((each) => each.account === account) ?? accounts[0])?.config;
}

function scopeOf(service: PageService, { account, stream }: StreamKey, now: number): GapScope {
  const config = settingsOf(service, account);
  const start = config?.horizons[stream];
  return {
    now,
    settleSeconds: Math.ceil((config?.settleMs ?? 0) / 1000),
    rescanAges: config?.rescanAfterMs.map((ms) => Math.ceil(ms / 1000)) ?? [],
    wantedFrom: start === undefined ? undefined : toSeconds(start),
  };
}
