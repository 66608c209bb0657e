/** The quarantine: keeps a record that cannot be stored, unchanged, so that the others of its page can be stored. */
import { createHash } from 'node:crypto';
import type { Queryable } from '../database/client.ts';
import { KnownError, type ErrorCode } from '../errors.ts';
import { noteManifest } from '../evidence/pending.ts';
import { commitToRecords, rootOfRecords } from '../evidence/quarantine-root.ts';
import { inMicros } from '../evidence/stored-rows.ts';
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
  /** Its position in the answer, from 1. */
  readonly position: number;
  readonly code: ErrorCode;
  /** Why it cannot be stored: a sentence without its content. */
  readonly reason: string;
  /** The readable part of its id and time. */
  readonly recordId: string | undefined;
  readonly recordTime: string | undefined;
  /** As Zendesk sent it. */
  readonly content: Buffer;
};

/** Texts that only help to find a record again need not be complete. */
const longestHint = 200;

/** A record that cannot be stored, with its readable parts. */
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

/** Up to so many records of a page may be unusable, however small the page: one bad record alone in a page means nothing. */
const fewRecords = 4;

/**
 * If most of a page is unusable, the format has changed, and the page says nothing about the span.
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

/** Names a record without its content: only what looks like an id or is a time is quoted. */
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

/** The hash that identifies a record in quarantine. */
export function fingerprint(content: Buffer): Buffer {
  return createHash('sha256').update(content).digest();
}

/**
 * Puts records into the quarantine, within the transaction of their page. For one that is there already, only the time is
 * updated.
 */
export async function storeQuarantine(
  tx: Queryable,
  { account, stream }: StreamKey,
  records: readonly QuarantinedRecord[],
  fetch: Pick<Fetch, 'fetch' | 'span'> | undefined,
): Promise<void> {
  // A record that is twice in a page would be updated twice by one statement, which Postgres refuses.
  const own = new Map(
    records.map((record) => [fingerprint(record.content).toString('hex'), record]),
  );
  if (own.size === 0) return;
  const each = [...own.values()];
  const stored = await tx.query<StoredRecord>(
    `with put as (insert into zendesk_sync.quarantine as q
       (account, stream, fetch_id, span_from, span_until, tried_by, record_id, record_time, occurred_at, code, reason, content, fingerprint, first_seen, last_seen)
     select $1, $2, $3::bigint, $4::timestamptz, $5::timestamptz, $6, r.*, clock.at, clock.at
     from unnest($7::text[], $8::text[], $9::timestamptz[], $10::text[], $11::text[], $12::bytea[], $13::bytea[]) as r
     cross join (select now() as at) as clock
     on conflict (account, stream, fingerprint) do update
     set last_seen = excluded.last_seen, times_seen = q.times_seen + 1, code = excluded.code, reason = excluded.reason,
       tried_by = excluded.tried_by, fetch_id = coalesce(q.fetch_id, excluded.fetch_id),
       span_from = coalesce(q.span_from, excluded.span_from), span_until = coalesce(q.span_until, excluded.span_until)
     returning q.fingerprint, q.first_seen, q.last_seen)
     select encode(fingerprint, 'hex') as fingerprint, ${inMicros('first_seen')} as micros, first_seen = last_seen as "isNew"
     from put`,
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
  const added = stored.filter(({ isNew }) => isNew);
  if (added.length === 0) return;
  const leaves = await commitToRecords(
    tx,
    account,
    added.map(({ micros, ...record }) => {
      const { content } = own.get(record.fingerprint) ?? { content: Buffer.of() };
      return { stream, micros, content };
    }),
  );
  await noteManifest(
    tx,
    { account, stream },
    {
      kind: 'quarantined',
      ...(fetch && { fetch: fetch.fetch, span: [fetch.span.from, fetch.span.to] as const }),
      records: { count: leaves.length, root: rootOfRecords(leaves) },
    },
  );
}

type StoredRecord = {
  readonly fingerprint: string;
  readonly micros: string;
  readonly isNew: boolean;
};

/** Logs that records went into quarantine: how many, and which one is the first, but not their content. */
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
      // The log line has its own `time`.
      recordTime: readMoment(first.recordTime)?.text,
    },
    `${records.length === 1 ? 'a record' : 'records'} that cannot be stored went into quarantine: ${first.reason}`,
  );
}
