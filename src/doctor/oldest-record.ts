/** The oldest record of a log, from several answers: one answer may not be in the requested order. */
import { hasCode } from '../errors.ts';
import { ignoredFilter, proveBeginning } from '../ingest/beginning.ts';
import { countStrays } from '../ingest/plan.ts';
import type { Span } from '../span.ts';
import type { LogStream } from '../streams/stream.ts';
import type { Zendesk } from '../zendesk/client.ts';
import { askLog, readSeconds } from './log-samples.ts';

/** What is known about the oldest record. */
export type OldestRecord = {
  /** Seconds since 1970; undefined for a log without records. */
  readonly oldest: number | undefined;
  /** A clause about records that cannot be read. */
  readonly fault?: string | undefined;
  /** `proved`: nothing older is returned. `disordered`: an answer had later ones. `claimed`: one answer says so. */
  readonly proof: 'proved' | 'disordered' | 'claimed';
};

/**
 * Asks for the oldest record that the source keeps, and whether there is an older one. If one cannot be read, the others of
 * its page are used.
 *
 * @throws {KnownError} `filter_ignored`, or an error of Zendesk
 */
export async function findOldest(
  zendesk: Zendesk,
  stream: LogStream,
  reach: Span,
  signal: AbortSignal,
): Promise<OldestRecord> {
  const { oldestParameters, spanParameters, pageSize: wholePage } = stream.source;
  let fault: string | undefined;
  let oldest: number | undefined;
  for (const pageSize of [1, wholePage]) {
    const parameters = oldestParameters ?? spanParameters(reach);
    const { records } = await askLog(zendesk, stream, parameters, pageSize, signal);
    const read = readSeconds(stream, records);
    fault = read.fault;
    oldest = read.seconds.length === 0 ? undefined : Math.min(...read.seconds);
    if (fault === undefined) break;
  }
  if (oldest === undefined) return { oldest, fault, proof: 'claimed' };
  try {
    const proved = await proveBeginning(oldest, (span) =>
      askWithin(zendesk, stream, { ...span, from: Math.max(span.from, reach.from) }, signal),
    );
    const isOldest = proved === oldest;
    return { oldest: proved, fault, proof: isOldest ? 'proved' : 'disordered' };
  } catch (error) {
    if (hasCode(error, 'budget_used_up')) return { oldest, fault, proof: 'claimed' };
    throw error;
  }
}

/** The second of a record within a span; undefined if there is none. An unreadable one does not count. */
async function askWithin(
  zendesk: Zendesk,
  stream: LogStream,
  span: Span,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (span.from >= span.to) return undefined;
  const parameters = stream.source.spanParameters(span);
  const { records, requestId } = await askLog(zendesk, stream, parameters, 1, signal);
  const { seconds } = readSeconds(stream, records);
  if (countStrays(span, seconds) > 0) throw ignoredFilter(stream.name, requestId);
  return seconds[0];
}
