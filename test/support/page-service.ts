/** What the page knows of its process, for tests of its questions. */
import type { PageService } from '../../src/page/service.ts';
import type { Asked } from '../../src/page/question.ts';
import { streams } from '../../src/streams/registry.ts';

/** A process that follows no account: the usual settings of its logs count. */
export const idleService: PageService = { streams, accounts: [] };

/** Somebody asks, at this moment, with these parameters. */
export function asks(now: Date, parameters: Readonly<Record<string, string>> = {}): Asked {
  return {
    parameters: new URLSearchParams(parameters),
    asker: { name: 'Ann', role: 'reader' },
    service: idleService,
    now,
  };
}
