/** A few pages of a log that show how dense it is, and whether it still grows. */
import { hasCode, isFrom } from '../errors.ts';
import { describeUnreadable, readEach } from '../ingest/each-record.ts';
import type { Span } from '../span.ts';
import { requestOf, type LogStream, type Parameters } from '../streams/stream.ts';
import type { Zendesk } from '../zendesk/client.ts';
import type { Page } from '../zendesk/request.ts';
import { planSamples, type Sample } from './estimate.ts';

/** As urgent as the live tail: these are few requests, and a person waits for them. */
export const priority = 0;

const daySeconds = 86_400;
/**
 * Reads the samples for the period (seconds since 1970): if the log is stored completely, only the newest one, and only for
 * a log that should never be silent. An error or the signal ends the sampling: the stream has answered before, so missing
 * samples are not a problem of the stream.
 */
export async function sampleLog(
  zendesk: Zendesk,
  stream: LogStream,
  period: Span,
  isComplete: boolean,
  signal: AbortSignal,
): Promise<{ samples: readonly Sample[]; isSilent: boolean }> {
  // The newest day shows whether a log is silent that should not be.
  const withNewest = stream.health.whenSilent !== undefined;
  const planned = planSamples(period, stream.samples.seconds, withNewest);
  const wanted = isComplete ? planned.slice(withNewest ? -1 : planned.length) : planned;
  const samples: Sample[] = [];
  for (const span of wanted) {
    try {
      samples.push(await readSample(zendesk, stream, span, signal));
    } catch (error) {
      const isExpected = hasCode(error, 'budget_used_up') || isFrom(error, 'zendesk');
      if (isExpected || signal.aborted) break;
      throw error;
    }
  }
  const newest = samples.find(({ span }) => span.to === period.to);
  const isDay = newest !== undefined && newest.span.to - newest.span.from >= daySeconds;
  return { samples, isSilent: withNewest && isDay && newest.rows === 0 };
}

async function readSample(
  zendesk: Zendesk,
  stream: LogStream,
  span: Span,
  signal: AbortSignal,
): Promise<Sample> {
  const { spanParameters, pageSize } = stream.source;
  const page = await askLog(zendesk, stream, spanParameters(span), pageSize, signal);
  const reached = readSeconds(stream, page.records).seconds.at(-1);
  return {
    span,
    rows: page.records.length,
    reached: page.nextCursor === undefined ? undefined : reached,
    bytes: page.bytes,
  };
}

/** The times of the readable records, in seconds since 1970, and a clause about the others. */
export function readSeconds(
  { read, table: { id, time } }: LogStream,
  records: readonly unknown[],
): { readonly seconds: readonly number[]; readonly fault: string | undefined } {
  const each = readEach(records, read, { id: id.name, time });
  return {
    seconds: each.read.map(({ timeMs }) => Math.floor(timeMs / 1000)),
    fault: describeUnreadable(each.unreadable),
  };
}

/** Reads one page of a log. */
export function askLog(
  zendesk: Zendesk,
  stream: LogStream,
  parameters: Parameters,
  pageSize: number,
  signal: AbortSignal,
): Promise<Page> {
  return zendesk.readPage(
    { ...requestOf(stream), priority, parameters, pageSize, cursor: undefined },
    signal,
  );
}
