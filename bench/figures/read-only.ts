import { readRecords } from '../../src/ingest/page-records.ts';
import { requestOf, type LogStream } from '../../src/streams/stream.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { DEFAULT_CREDENTIALS } from '../../src/simulator/simulator.ts';
import { createLogger } from '../../src/logger.ts';
import type { Span } from '../../src/span.ts';
import { createZendesk, type Zendesk } from '../../src/zendesk/client.ts';
import type { Page } from '../../src/zendesk/request.ts';

import { usualClassify } from '../stage.ts';

const signal = new AbortController().signal;

/**
 * Requests all pages with two cursors, as many as the product has, reads and classifies every record, and drops it.
 *
 * @returns rows a second
 */
export async function readOnly(url: string, stream: LogStream, rows: number): Promise<number> {
  const { clientId, clientSecret } = DEFAULT_CREDENTIALS;
  const zendesk = createZendesk({
    account: 'acme',
    origin: url,
    credentials: { kind: 'oauth-client', clientId, clientSecret },
    scope: 'read',
    budget: { take: async () => {}, pause: async () => {} },
    log: createLogger({ level: 'error', format: 'json', fileDescriptor: 2, isTerminal: false }),
  });
  const to = Math.floor(Date.now() / 1000) + 1;
  const from = to - (stream === accessLogs ? 30 : 300) * 86_400;
  const middle = Math.floor((from + to) / 2);
  const started = performance.now();
  await Promise.all(
    [
      { from, to: middle },
      { from: middle, to },
    ].map((span) => walk(zendesk, stream, span)),
  );
  const seconds = (performance.now() - started) / 1000;
  await zendesk.close();
  return rows / seconds;
}

async function walk(zendesk: Zendesk, stream: LogStream, span: Span): Promise<void> {
  const ask = (cursor: string | undefined): Promise<Page> =>
    zendesk.readPage(
      {
        ...requestOf(stream),
        priority: 0,
        parameters: stream.source.spanParameters(span),
        pageSize: stream.source.pageSize,
        cursor,
      },
      signal,
    );
  for (let coming: Promise<Page> | undefined = ask(undefined); coming !== undefined;) {
    const page: Page = await coming;
    coming = page.nextCursor === undefined ? undefined : ask(page.nextCursor);
    coming?.catch(() => {});
    readRecords(stream, usualClassify, page.records);
  }
}
