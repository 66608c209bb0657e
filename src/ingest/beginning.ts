/** Where a log begins: found with its order, and proved with its time filter, because no single answer is reliable. */
import { KnownError } from '../errors.ts';
import type { Span } from '../span.ts';
import { requestOf } from '../streams/stream.ts';
import { priorities } from './engine.ts';
import { checkLease } from './lease.ts';
import { readPage } from './page-records.ts';
import { countStrays } from './plan.ts';
import type { Pull } from './pull.ts';
import { storeQuarantine } from './quarantine.ts';

/** No log is older than Zendesk. */
const beforeAll = Date.UTC(2000, 0, 1) / 1000;
const daySeconds = 86_400;

/**
 * The second in which a log begins, or up to a day before it if Zendesk ignores the order. `found` is an earlier answer to
 * prove. Undefined while there is no record.
 */
export async function findBeginning(
  pull: Pull,
  found: number | undefined,
): Promise<number | undefined> {
  const oldest = found ?? (await askOldest(pull));
  if (oldest === undefined) return undefined;
  return proveBeginning(oldest, (span) => askWithin(pull, span));
}

/**
 * Looks for records before the oldest one that is known, until there are none. Usually that is one request. After an answer
 * in the wrong order the whole log before it is possible; that time is halved until it is less than a day.
 *
 * @param oldestWithin the second of a record within a span; undefined if there is none
 */
export async function proveBeginning(
  found: number,
  oldestWithin: (span: Span) => Promise<number | undefined>,
): Promise<number> {
  // A second less at both ends, because requests ask for more than the span: a known record must not hide an older one.
  const ask = (to: number): Promise<number | undefined> =>
    oldestWithin({ from: beforeAll, to: to - 2 });
  let end = await ask(found);
  if (end === undefined) return found;
  let start = beforeAll;
  while (end - start > daySeconds) {
    const middle: number = Math.floor((start + end) / 2);
    const older = await ask(middle);
    if (older === undefined) start = middle - 2;
    else end = Math.min(older, middle);
  }
  return start;
}

async function askWithin(pull: Pull, span: Span): Promise<number | undefined> {
  const { engine, stream, signal, tally } = pull;
  const parameters = stream.source.spanParameters(span);
  const asked = { ...requestOf(stream), priority: priorities.live, parameters, pageSize: 1 };
  const page = await engine.zendesk.readPage({ ...asked, cursor: undefined }, signal);
  tally.add({ requests: 1 });
  tally.noteAnswer(page.requestId);
  const { rows } = readPage(stream, engine.classify, page);
  const seconds = rows.map(({ timeMs }) => Math.floor(timeMs / 1000));
  if (countStrays(span, seconds) > 0) throw ignoredFilter(stream.name, page.requestId);
  return seconds.length === 0 ? undefined : Math.min(...seconds);
}

/** The error for an answer with other times than requested. */
export function ignoredFilter(stream: string, requestId: string | undefined): KnownError {
  return new KnownError('filter_ignored', {
    found: `Zendesk returned records of ${stream} from another time range than requested, so the content of the requested time range is unknown`,
    requestId,
  });
}

/**
 * The second of the oldest record that the source has. If that record cannot be read, it goes into quarantine, because it
 * may be older than the oldest readable one.
 */
async function askOldest(pull: Pull): Promise<number | undefined> {
  const { engine, stream, lease, signal, tally } = pull;
  const { oldestParameters: parameters, pageSize: wholePage } = stream.source;
  if (parameters === undefined) return undefined;
  for (const pageSize of [1, wholePage]) {
    const request = { ...requestOf(stream), priority: priorities.live, parameters };
    const page = await engine.zendesk.readPage({ ...request, pageSize, cursor: undefined }, signal);
    tally.add({ requests: 1 });
    tally.noteAnswer(page.requestId);
    const { rows, quarantined } = readPage(stream, engine.classify, page);
    if (quarantined.length > 0 && pageSize < wholePage) continue;
    if (quarantined.length > 0)
      await engine.db.transaction(async (tx) => {
        await checkLease(tx, lease);
        await storeQuarantine(tx, lease, quarantined, undefined);
      });
    const oldestMs = Math.min(...rows.map(({ timeMs }) => timeMs));
    return rows.length === 0 ? undefined : Math.floor(oldestMs / 1000);
  }
  return undefined;
}
