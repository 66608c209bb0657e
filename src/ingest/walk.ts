/** Walking through the pages of a list: each is asked for and timed, and a walk that does not advance is an error. */
import { KnownError } from '../errors.ts';
import type { Zendesk } from '../zendesk/client.ts';
import type { Page, PageRequest } from '../zendesk/request.ts';
import type { PageTimes } from './events.ts';

/** A page, when its answer was complete by the local clock, and how long that took without the wait for the budget. */
export type TimedPage = Page & { readonly answeredAtMs: number; readonly answerMs: number };

/** Asks for a page and takes its time. */
export async function askPage(
  zendesk: Zendesk,
  request: PageRequest,
  signal: AbortSignal,
): Promise<TimedPage> {
  const page = await zendesk.readPage(request, signal);
  const answerMs = Math.max(0, page.receivedAtMs - page.sentAtMs);
  return { ...page, answeredAtMs: Date.now(), answerMs };
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

/** More empty pages in a row than this, and the answer is no answer (contract Q14). */
const emptyPagesAllowed = 10;

/**
 * Watches a walk from page to page (contract Q9).
 *
 * @returns a function to call with each page and the id of its first record; it throws a `walk_stuck`
 * when the same page comes again, a cursor comes twice, or too many empty pages come in a row
 */
export function createWalkGuard(
  stream: string,
  startCursor: string | undefined,
): (page: Pick<Page, 'nextCursor' | 'requestId'>, firstId: string | undefined) => void {
  const cursors = new Set<string>(startCursor === undefined ? [] : [startCursor]);
  let emptyPages = 0;
  let formerId: string | undefined;

  return ({ nextCursor, requestId }, firstId) => {
    const repeated = firstId !== undefined && firstId === formerId;
    emptyPages = firstId === undefined ? emptyPages + 1 : 0;
    formerId = firstId;
    if (nextCursor === undefined) return;
    const fault =
      repeated || cursors.has(nextCursor)
        ? `Zendesk sent the same page of ${stream} again instead of the next one`
        : emptyPages > emptyPagesAllowed
          ? `Zendesk sent ${emptyPages} empty pages of ${stream} in a row and says that there are more`
          : undefined;
    if (fault !== undefined)
      throw new KnownError('walk_stuck', {
        found: `${fault}. The span is not complete and will be read again`,
        requestId,
      });
    cursors.add(nextCursor);
  };
}
