import { KnownError } from '../errors.ts';

/** What the guard looks at in a page. */
export type WalkedPage = {
  readonly nextCursor: string | undefined;
  readonly firstId: string | undefined;
  readonly requestId: string | undefined;
};

/** More empty pages in a row than this, and the answer is no answer (contract Q14). */
const emptyPagesAllowed = 10;

/**
 * Watches a walk from page to page: one that does not advance is an error, not an end (contract Q9).
 *
 * @returns a function to call with each page; it throws a `walk_stuck` when the same page comes
 * again, a cursor comes twice, or too many empty pages come in a row
 */
export function createWalkGuard(
  stream: string,
  startCursor: string | undefined,
): (page: WalkedPage) => void {
  const cursors = new Set<string>(startCursor === undefined ? [] : [startCursor]);
  let emptyPages = 0;
  let firstId: string | undefined;

  return (page) => {
    const repeated = page.firstId !== undefined && page.firstId === firstId;
    emptyPages = page.firstId === undefined ? emptyPages + 1 : 0;
    firstId = page.firstId;
    if (page.nextCursor === undefined) return;
    if (repeated || cursors.has(page.nextCursor)) {
      throw brokenWalk(
        page,
        `Zendesk sent the same page of ${stream} again instead of the next one`,
      );
    }
    if (emptyPages > emptyPagesAllowed) {
      throw brokenWalk(
        page,
        `Zendesk sent ${emptyPages} empty pages of ${stream} in a row and says that there are more`,
      );
    }
    cursors.add(page.nextCursor);
  };
}

function brokenWalk({ requestId }: WalkedPage, found: string): KnownError {
  return new KnownError('walk_stuck', {
    found: `${found}. The span is not complete and will be read again`,
    requestId,
  });
}
