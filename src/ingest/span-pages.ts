/** The pages of a span of a log: how they are asked for, and when they are none of that span. */
import { breaksWalk, codeOf } from '../errors.ts';
import type { Span } from '../span.ts';
import { requestOf, type LogStream } from '../streams/stream.ts';
import { ignoredFilter } from './beginning.ts';
import { priorities } from './engine.ts';
import type { Fetch } from './fetch.ts';
import type { ReadPage } from './page-records.ts';
import { isFilterIgnored } from './plan.ts';
import type { Pull } from './pull.ts';
import { fingerprint } from './quarantine.ts';
import type { PageRow } from './rows/copy.ts';
import { askSized, type TimedPage } from './walk.ts';

/** Who asks. */
type Asker = Pick<Pull, 'engine' | 'stream'>;

/** Where a page begins, and what it is asked for. */
type Asked = Pick<Fetch, 'cursor'> & { readonly kind: Fetch['kind'] | 'reconcile' };

/**
 * The keys of the records of a page: their times and ids, or their bytes if those are not readable. A record that comes
 * again with another time has another key.
 */
export function nameRecords({ rows, quarantined }: ReadPage): readonly string[] {
  const unread = quarantined.map(({ content }) => fingerprint(content).toString('hex'));
  return [...rows.map(({ id, timeMs }) => `${timeMs} ${id}`), ...unread];
}

/** @throws {KnownError} `filter_ignored` when most of a page is outside of the requested span */
export function refuseStrays(
  stream: Pick<LogStream, 'name'>,
  span: Span,
  { requestId }: TimedPage,
  rows: readonly PageRow[],
): void {
  const seconds = rows.map(({ timeMs }) => timeMs / 1000);
  if (isFilterIgnored(span, seconds)) throw ignoredFilter(stream.name, requestId);
}

/**
 * Asks for what may follow a page that is said to be the last. If its cursor does not work, it asks for the rest of the
 * span.
 */
export async function makeSure(
  asker: Asker,
  asked: Asked,
  { span, rest }: { readonly span: Span; readonly rest: Span },
  signal: AbortSignal,
): Promise<TimedPage> {
  if (asked.cursor === undefined) return askFor(asker, asked, rest, signal);
  try {
    return await askFor(asker, asked, span, signal);
  } catch (error) {
    if (!breaksWalk(codeOf(error)) || signal.aborted) throw error;
    return askFor(asker, { ...asked, cursor: undefined }, rest, signal);
  }
}

/** Asks for a page of a span. */
export async function askFor(
  { engine, stream }: Asker,
  { cursor, kind }: Asked,
  span: Span,
  signal: AbortSignal,
): Promise<TimedPage> {
  const parameters = stream.source.spanParameters(span);
  const request = { ...requestOf(stream), priority: priorityOf(kind), parameters, cursor };
  return askSized(engine, stream.name, request, signal, { isReadAgain: kind === 'live' });
}

function priorityOf(kind: Asked['kind']): number {
  if (kind === 'live' || kind === 'rescan' || kind === 'reconcile') return priorities[kind];
  return priorities.backfill;
}
