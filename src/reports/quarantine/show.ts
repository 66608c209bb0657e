/** One record in quarantine, unchanged. */
import { isUtf8 } from 'node:buffer';
import type { Queryable } from '../../database/client.ts';
import { refuseInput } from '../../errors.ts';
import { iterateRows, type ReportContent, type ReportScope } from '../shared/report.ts';

type QuarantineRow = {
  readonly stream: string;
  readonly fetch_id: string | null;
  readonly span_from: Date | null;
  readonly span_until: Date | null;
  readonly record_id: string | null;
  readonly record_time: string | null;
  readonly code: string;
  readonly reason: string;
  readonly first_seen: Date;
  readonly last_seen: Date;
  readonly times_seen: number;
  readonly tried_by: string;
  readonly content: Buffer;
};

/** A record in quarantine by its number. @throws {KnownError} `bad_input` when there is none */
export async function loadQuarantined(
  db: Queryable,
  account: string,
  number: string,
): Promise<QuarantineRow> {
  const [row] = await db.query<QuarantineRow>(
    `select stream, fetch_id::text as fetch_id, span_from, span_until, record_id, record_time, code, reason, first_seen,
       last_seen, times_seen, tried_by, content
     from zendesk_sync.quarantine where account = $1 and id = $2::bigint`,
    [account, number],
  );
  if (row !== undefined) return row;
  throw refuseInput([
    `No record of ${account} has the number ${number} in quarantine. "quarantine list" shows the numbers.`,
  ]);
}

const titles: Readonly<Record<Exclude<keyof QuarantineRow, 'content'>, string>> = {
  stream: 'Stream',
  record_id: 'Its id',
  record_time: 'Its time',
  reason: 'Why it is not stored',
  code: 'Code',
  first_seen: 'First seen',
  last_seen: 'Last seen',
  times_seen: 'Times seen',
  fetch_id: 'First seen in fetch',
  span_from: 'Its span from',
  span_until: 'Its span to',
  tried_by: 'Last tried by version',
};

/** Everything that is known about a record in quarantine. */
export async function reportQuarantined(
  { db, account }: ReportScope,
  number: string,
): Promise<ReportContent> {
  const row = await loadQuarantined(db, account, number);
  const { content } = row;
  const isText = isUtf8(content);
  return {
    title: `Record ${number} in quarantine`,
    details: Object.entries(titles).map(([key, title]) => ({
      key,
      title,
      value: row[key as keyof typeof titles],
    })),
    columns: [
      { key: 'content', title: 'As it came' },
      ...(isText ? [] : [{ key: 'base64', title: 'Its bytes as base64' } as const]),
    ],
    rows: iterateRows([
      {
        content: content.toString(),
        ...(isText ? {} : { base64: content.toString('base64') }),
      },
    ]),
    statement: {
      coverage: [],
      gaps: [],
      limits: [],
      notes: ['"quarantine show --raw" writes its bytes unchanged.'],
    },
  };
}
