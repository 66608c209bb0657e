/** A span of a log as Zendesk shows it, read to its end and stored nowhere. */
import { breaksWalk, KnownError } from '../../errors.ts';
import type { Span } from '../../span.ts';
import type { LogStream } from '../../streams/stream.ts';
import type { Engine } from '../engine.ts';
import { findWayOn, judgeReading } from '../page-end.ts';
import { readPage, type ReadPage } from '../page-records.ts';
import { askFor, makeSure, nameRecords, refuseStrays } from '../span-pages.ts';
import { guardSpanWalk, type TimedPage } from '../walk.ts';

/** Who reads. */
export type SourceReader = {
  readonly engine: Engine;
  readonly stream: LogStream;
  readonly signal: AbortSignal;
};

/** What a complete reading has seen. */
type SourceReading = {
  readonly pages: number;
  /** The ids of all records, including those up to a second outside the span. */
  readonly seen: ReadonlySet<string>;
  /** The oldest second that Zendesk still kept when the last page was asked for, by the latest clock. */
  readonly keptSince: number;
};

/**
 * Reads a span completely, or not at all: the result is valid for all of it. If the walk breaks, it is made once
 * more, so `onPage` may get a page twice.
 *
 * @throws {KnownError} when it cannot be read to its end
 */
export async function readSource(
  reader: SourceReader,
  span: Span,
  onPage: (page: ReadPage) => Promise<void> = async () => {},
): Promise<SourceReading> {
  try {
    return await walk(reader, span, onPage);
  } catch (error) {
    if (!(error instanceof KnownError) || !breaksWalk(error.code) || reader.signal.aborted)
      throw error;
    return walk(reader, span, onPage);
  }
}

async function walk(
  { engine, stream: log, signal }: SourceReader,
  whole: Span,
  onPage: (page: ReadPage) => Promise<void>,
): Promise<SourceReading> {
  // Nothing is stored, so nothing is derived.
  const stream = { ...log, table: { ...log.table, derived: undefined } };
  const asker = { engine, stream };
  const check = guardSpanWalk(engine, stream.name, undefined);
  const seen = new Set<string>();
  const asked = { kind: 'reconcile' } as const;
  let span = whole;
  let askedAt: number | undefined;
  let answer: TimedPage = await askFor(asker, { ...asked, cursor: undefined }, span, signal);
  for (let pages = 1; ; pages += 1) {
    signal.throwIfAborted();
    const page = readPage(stream, engine.classify, answer);
    const { rows } = page;
    refuseStrays(stream, whole, answer, rows);
    const moments = rows.map(({ timeMs }) => timeMs);
    const isAgreed = check(answer, nameRecords(page), moments);
    const reading = judgeReading(asker, { askedAt }, answer);
    askedAt = reading.askedAt;
    for (const { id } of rows) seen.add(id);
    await onPage(page);
    const { nextCursor, rest } = findWayOn(span, answer, rows, isAgreed);
    if (nextCursor === undefined && rest === undefined)
      return { pages, seen, keptSince: reading.keptSince };
    const next = { ...asked, cursor: nextCursor };
    span = nextCursor === undefined ? (rest ?? span) : span;
    answer = answer.isUnsure
      ? await makeSure(asker, next, { span, rest: rest ?? span }, signal)
      : await askFor(asker, next, span, signal);
  }
}
