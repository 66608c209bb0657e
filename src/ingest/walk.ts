/** Walks through the pages of a list: each is requested and timed, and a walk that does not advance is an error. */
import { KnownError } from '../errors.ts';
import type { Zendesk } from '../zendesk/client.ts';
import type { Page, PageRequest } from '../zendesk/request.ts';
import type { Engine } from './engine.ts';
import type { PageTimes } from './events.ts';
import { createOrderWatch } from './order.ts';
import { createSeen } from './seen.ts';

/** A page, when its answer was complete by the local clock, and how long it took without the wait for the budget. */
export type TimedPage = Page & {
  /** Undefined after a page that is certainly the last. */
  readonly nextCursor: string | undefined;
  /** Whether it is said to be the last, and one more request must check this: by the cursor if there is one. */
  readonly isUnsure: boolean;
  readonly answeredAtMs: number;
  readonly answerMs: number;
};

/** Requests a page and measures its time. */
async function askPage(
  zendesk: Zendesk,
  request: PageRequest,
  signal: AbortSignal,
): Promise<Omit<TimedPage, 'isUnsure'>> {
  const page = await zendesk.readPage(request, signal);
  const answerMs = Math.max(0, page.receivedAtMs - page.sentAtMs);
  return { ...page, answeredAtMs: Date.now(), answerMs };
}

/** Requests a page with the size that works at present, and remembers which size worked and what was received. */
export async function askSized(
  { zendesk, pageSizes, lastPages }: Pick<Engine, 'zendesk' | 'pageSizes' | 'lastPages'>,
  stream: string,
  request: Omit<PageRequest, 'pageSize' | 'onShrink'>,
  signal: AbortSignal,
  { isReadAgain }: { readonly isReadAgain: boolean },
): Promise<TimedPage> {
  const pageSize = pageSizes.next(stream);
  let tried = pageSize;
  const onShrink = (smaller: number): void => void (tried = smaller);
  try {
    const page = await askPage(zendesk, { ...request, pageSize, onShrink }, signal);
    pageSizes.noteAnswered(stream, page.pageSize);
    const records = page.records.length;
    const hasCursor = page.nextCursor !== undefined;
    const isUnsure = lastPages.doubts(stream, { ...page, records, hasCursor, isReadAgain });
    const isLast = page.isSaidLast && !isUnsure;
    return { ...page, isUnsure, nextCursor: isLast ? undefined : page.nextCursor };
  } catch (error) {
    pageSizes.noteFailed(stream, tried);
    throw error;
  }
}

/** Something followed a page that was said to be the last. It is logged once in the life of a process. */
export function noteRefuted(
  { account, lastPages, log }: Pick<Engine, 'account' | 'lastPages' | 'log'>,
  stream: string,
): void {
  if (lastPages.noteRefuted(stream))
    log.warn(
      { account, stream },
      'Zendesk said of a page that it was the last, but more follow; from now on one more request makes sure of each last page',
    );
}

/** The guard of a walk through a span of a log, which records what followed a last page. */
export function guardSpanWalk(
  engine: Pick<Engine, 'account' | 'clocks' | 'lastPages' | 'log' | 'settings'>,
  stream: string,
  startCursor: string | undefined,
): CheckPage {
  return createWalkGuard(stream, startCursor, (earliestMs) => {
    // A record that may still appear may have appeared between the two requests.
    const settled = engine.clocks.now().earliest - engine.settings.settleSeconds;
    if (earliestMs / 1000 < settled) noteRefuted(engine, stream);
  });
}

/** Stores a page with `write`, and says when that was and how long it took. */
export async function timeWriting<Result>(
  { answeredAtMs, answerMs }: TimedPage,
  write: () => Promise<Result>,
): Promise<{ stored: Result; times: PageTimes; writeMs: number }> {
  const writtenFromMs = Date.now();
  const startedMs = performance.now();
  const stored = await write();
  const writeMs = performance.now() - startedMs;
  const times = {
    askedMs: answeredAtMs - answerMs,
    answeredMs: answeredAtMs,
    writtenFromMs,
    writtenMs: writtenFromMs + writeMs,
  };
  return { stored, times, writeMs };
}

/** With more empty pages in a row than this, the walk fails (contract Q14). */
const emptyPagesAllowed = 10;
/** The same for pages whose records were all seen before in this walk. */
const stalePagesAllowed = 2;

/** Checks a page and the keys of its records. */
type CheckPage = (
  page: Pick<TimedPage, 'nextCursor' | 'isUnsure' | 'requestId'>,
  names: readonly string[],
  timesMs?: readonly number[],
) => boolean;

function refuseWalk(fault: string, requestId: string | undefined): KnownError {
  const found = `${fault}. The time range is not complete and will be read again`;
  return new KnownError('walk_stuck', { found, requestId });
}

/**
 * Watches a walk from page to page (contract Q9). A record is new if this walk has not seen it: a resumed walk reads stored
 * records again. A walk through a list that changes its order is not valid: it reaches an end, but misses records.
 *
 * @param onRefuted is called if something new follows a page that was said to be the last, with its earliest time @returns a
 *   function to call with each page; it throws a `walk_stuck` if the same page comes again, too many pages in a row bring
 *   nothing new, or the order has changed. It returns true for a page that has nothing new and is said to be the last, as
 *   the one before it was: then that is certain
 */
export function createWalkGuard(
  stream: string,
  startCursor: string | undefined,
  onRefuted: (earliestMs: number) => void = () => {},
): CheckPage {
  const seen = createSeen();
  const cursors = createSeen();
  const changesOrder = createOrderWatch();
  if (startCursor !== undefined) cursors.add(startCursor);
  let emptyPages = 0;
  let stalePages = 0;
  let former: string | undefined;
  let wasUnsure = false;

  function findFault(isRepeated: boolean): string | undefined {
    if (isRepeated) return `Zendesk sent the same page of ${stream} again instead of the next one`;
    if (stalePages > stalePagesAllowed)
      return `Zendesk sent ${stalePages} pages of ${stream} in a row that it had sent before`;
    if (emptyPages > emptyPagesAllowed)
      return `Zendesk sent ${emptyPages} empty pages of ${stream} in a row, but says that there are more`;
    return undefined;
  }

  return ({ nextCursor, isUnsure, requestId }, named, timesMs = []) => {
    let earliestMs = Infinity;
    let fresh = 0;
    for (const [place, name] of named.entries()) {
      if (!seen.add(name)) continue;
      fresh += 1;
      earliestMs = Math.min(earliestMs, timesMs[place] ?? Infinity);
    }
    const names = fresh === named.length ? named : [...new Set(named)];
    const isFresh = fresh > 0;
    const isLast = nextCursor === undefined;
    // After a page that is said to be the last, its own end may be requested again.
    const isChanged = changesOrder({ names, fresh, isLast, timesMs }) && !wasUnsure;
    if (isFresh) emptyPages = stalePages = 0;
    else if (names.length === 0) emptyPages += 1;
    else stalePages += 1;
    const [first] = names;
    const isSame = first !== undefined && first === former;
    const isAgreed = !isFresh && isUnsure && wasUnsure;
    if (isFresh && wasUnsure) onRefuted(earliestMs);
    former = first;
    wasUnsure = isUnsure;
    if (isChanged && !isSame)
      throw refuseWalk(
        `Zendesk changed the order of ${stream} from one page to the next, so records between them may be missing`,
        requestId,
      );
    if (nextCursor === undefined || isAgreed) return isAgreed;
    const isKnown = !cursors.add(nextCursor);
    const fault = findFault(isSame || (isKnown && !isFresh));
    if (fault !== undefined) throw refuseWalk(fault, requestId);
    return false;
  };
}
