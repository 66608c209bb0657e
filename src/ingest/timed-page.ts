import type { Page, PageRequest } from '../zendesk/request.ts';
import type { Engine } from './engine.ts';
import type { PageTimes } from './progress.ts';

/** A page, when its answer was complete by the local clock, and how long that took without the wait for the budget. */
export type TimedPage = Page & { readonly answeredAtMs: number; readonly answerMs: number };

/** Reads a page and takes its time. */
export async function readTimedPage(
  { zendesk }: Pick<Engine, 'zendesk'>,
  request: PageRequest,
  signal: AbortSignal,
): Promise<TimedPage> {
  const page = await zendesk.readPage(request, signal);
  // Both by the trusted clock; it may have been corrected by this very answer.
  const answerMs = Math.max(0, zendesk.now().getTime() - page.sentAt.getTime());
  return { ...page, answeredAtMs: Date.now(), answerMs };
}

/** The moments of a page's way, from the time its answer took and the time that writing it took. */
export function describeTimes(
  { answeredAtMs, answerMs }: Pick<TimedPage, 'answeredAtMs' | 'answerMs'>,
  writtenFromMs: number,
  writeMs: number,
): PageTimes {
  return {
    askedMs: answeredAtMs - answerMs,
    answeredMs: answeredAtMs,
    writtenFromMs,
    writtenMs: writtenFromMs + writeMs,
  };
}
