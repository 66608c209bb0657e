/** What a restore lost becomes gaps with that reason, which are read again if Zendesk still has the records. */
import type { Transaction } from '../../database/client.ts';
import {
  fromSeconds,
  joinNear,
  normalizeSpans,
  subtract,
  toSeconds,
  type Span,
} from '../../span.ts';
import type { LogStream } from '../../streams/stream.ts';
import type { SealedEntry } from '../verification/entry.ts';

/** Spans closer together than this become one gap. */
const joinedSeconds = 3600;

/** Records as losses what the entries stored or covered and the restored database lacks. */
export async function noteLostSpans(
  tx: Transaction,
  account: string,
  { name: stream, table }: LogStream,
  entries: readonly SealedEntry[],
): Promise<void> {
  const covered = await tx.query<{ from: Date; to: Date }>(
    `select covered_from as from, covered_until as to from zendesk_sync.coverage where account = $1 and stream = $2`,
    [account, stream],
  );
  const present = covered.map(({ from, to }) => ({ from: toSeconds(from), to: toSeconds(to) }));
  const own = entries.filter((entry) => entry.stream === stream && entry.kind !== 'adopted');
  const said = own.flatMap((entry) => entry.covered.map(([from, to]) => ({ from, to })));
  const written = own.flatMap(spanOfRows);
  const gone = [...subtract(normalizeSpans(said), present), ...written];
  for (const span of joinNear(gone, joinedSeconds)) {
    const rows = own.reduce((sum, entry) => sum + (lies(entry, span) ? entry.added : 0), 0);
    await tx.query(
      `insert into zendesk_sync.coverage_losses
         (account, stream, lost_from, lost_until, rows_until, rows, rows_left, code, last_fetch)
       select $1, $2, $3::timestamptz, $4::timestamptz, $4::timestamptz, $5,
         (select count(*) from ${table.name} where account = $1 and ${table.time} >= $3 and ${table.time} < $4),
         'lost_by_restore', (select max(id) from zendesk_sync.fetches where account = $1 and stream = $2)`,
      [account, stream, fromSeconds(span.from), fromSeconds(span.to), rows],
    );
  }
}

function spanOfRows({ rows, bounds: [first, last] }: SealedEntry): readonly Span[] {
  if ((rows?.count ?? 0) === 0) return [];
  const [from, to] = [first, last].map((micros) => Math.floor(Number(micros) / 1_000_000));
  return [{ from: from ?? 0, to: (to ?? 0) + 1 }];
}

function lies(entry: SealedEntry, { from, to }: Span): boolean {
  return spanOfRows(entry).some((span) => from <= span.from && span.from < to);
}
