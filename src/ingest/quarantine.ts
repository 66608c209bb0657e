/** The quarantine: where a record goes that cannot be stored, as it came, so that the others of its page go on. */
import { createHash } from 'node:crypto';
import type { Queryable } from '../database/client.ts';
import { KnownError, type ErrorCode } from '../errors.ts';
import type { Log } from '../logger.ts';
import { fromSeconds } from '../span.ts';
import { cleanText } from '../streams/fields.ts';
import { readMoment } from '../streams/moment.ts';
import { version } from '../version.ts';
import { readPlainText } from '../zendesk/exact-numbers.ts';
import type { StreamKey } from './coverage.ts';
import type { Fetch } from './fetch.ts';

/** A record that cannot be stored. */
export type QuarantinedRecord = {
  /** Its place in the answer, from 1. */
  readonly position: number;
  readonly code: ErrorCode;
  /** Why it cannot be stored: a sentence without its content. */
  readonly reason: string;
  /** What could be read of its id and of its time. */
  readonly recordId: string | undefined;
  readonly recordTime: string | undefined;
  /** As it came. */
  readonly content: Buffer;
};

/** Texts that only help to find a record again need not be whole. */
const longestHint = 200;

/** A record that cannot be stored, with what can be read of it. */
export function quarantineRecord(
  error: unknown,
  position: number,
  content: Buffer,
  hints: { readonly id?: unknown; readonly time?: unknown },
): QuarantinedRecord {
  return {
    position,
    code: error instanceof KnownError ? error.code : 'record_unreadable',
    reason:
      error instanceof KnownError ? error.message : 'The record is nested too deeply to be read.',
    recordId: readHint(hints.id),
    recordTime: readHint(hints.time),
    content,
  };
}

function readHint(value: unknown): string | undefined {
  const text = readPlainText(value);
  return text === undefined ? undefined : cleanText(text.slice(0, longestHint));
}

/** Up to so many records of a page may be unusable, however small the page is: a page of one bad record is no sign of anything. */
const fewRecords = 4;

/**
 * Most of a page being unusable means that the format has changed, and that nothing is to be said about the span.
 *
 * @param of how many records the page has
 * @throws {KnownError} `records_unusable`, which names the first of them
 */
export function refuseIfMost(
  stream: string,
  quarantined: readonly QuarantinedRecord[],
  of: number,
): void {
  const [first] = quarantined;
  if (first === undefined || quarantined.length <= fewRecords || quarantined.length * 2 <= of)
    return;
  throw new KnownError('records_unusable', {
    found: `${quarantined.length} of the ${of} records of a page of ${stream} cannot be stored, so the whole page was not stored. The first one is ${nameRecord(first)}: ${first.reason.replace(/\.$/, '')}`,
    wayOut: 'If it persists, Zendesk has changed its format: try a newer version of this program',
  });
}

/** Names a record without anything of its content: only what looks like an id or is a time is quoted. */
export function nameRecord({ position, recordId, recordTime }: QuarantinedRecord): string {
  const id = idOf(recordId);
  const time = readMoment(recordTime)?.text;
  const facts = [
    ...(id === undefined ? [] : [`id ${id}`]),
    ...(time === undefined ? [] : [`of ${time}`]),
  ];
  return `record ${position} of the page${facts.length === 0 ? '' : ` (${facts.join(' ')})`}`;
}

function idOf(recordId: string | undefined): string | undefined {
  return recordId !== undefined && /^[\w.:-]{1,64}$/.test(recordId) ? recordId : undefined;
}

/** The hash by which a record in quarantine is known again. */
export function fingerprint(content: Buffer): Buffer {
  return createHash('sha256').update(content).digest();
}

/** Puts records into the quarantine, within the transaction of their page. One that is there already was only seen again. */
export async function storeQuarantine(
  tx: Queryable,
  { account, stream }: StreamKey,
  records: readonly QuarantinedRecord[],
  fetch: Pick<Fetch, 'fetch' | 'span'> | undefined,
): Promise<void> {
  // One that comes twice in a page would be updated twice by one statement, which Postgres refuses.
  const own = new Map(
    records.map((record) => [fingerprint(record.content).toString('hex'), record]),
  );
  if (own.size === 0) return;
  const each = [...own.values()];
  await tx.query(
    `insert into zendesk_sync.quarantine as q
       (account, stream, fetch_id, span_from, span_until, tried_by, record_id, record_time, occurred_at, code, reason, content, fingerprint)
     select $1, $2, $3::bigint, $4::timestamptz, $5::timestamptz, $6, r.*
     from unnest($7::text[], $8::text[], $9::timestamptz[], $10::text[], $11::text[], $12::bytea[], $13::bytea[]) as r
     on conflict (account, stream, fingerprint) do update
     set last_seen = now(), times_seen = q.times_seen + 1, code = excluded.code, reason = excluded.reason,
       tried_by = excluded.tried_by, fetch_id = coalesce(q.fetch_id, excluded.fetch_id),
       span_from = coalesce(q.span_from, excluded.span_from), span_until = coalesce(q.span_until, excluded.span_until)`,
    [
      account,
      stream,
      fetch?.fetch ?? null,
      fetch === undefined ? null : fromSeconds(fetch.span.from),
      fetch === undefined ? null : fromSeconds(fetch.span.to),
      version,
      each.map(({ recordId }) => recordId ?? null),
      each.map(({ recordTime }) => recordTime ?? null),
      each.map(({ recordTime }) => readMoment(recordTime)?.text ?? null),
      each.map(({ code }) => code),
      each.map(({ reason }) => reason),
      each.map(({ content }) => content),
      each.map(({ content }) => fingerprint(content)),
    ],
  );
}

/** Says in the log that records went into quarantine: how many, and which the first one is, but nothing of their content. */
export function warnOfQuarantine(
  log: Log,
  { account, stream }: StreamKey,
  fetch: string | undefined,
  records: readonly QuarantinedRecord[],
): void {
  const [first] = records;
  if (first === undefined) return;
  log.warn(
    {
      account,
      stream,
      fetch,
      records: records.length,
      code: first.code,
      position: first.position,
      id: idOf(first.recordId),
      // `time` is the log line's own.
      recordTime: readMoment(first.recordTime)?.text,
    },
    `${records.length === 1 ? 'a record' : 'records'} that cannot be stored went into quarantine: ${first.reason}`,
  );
}
