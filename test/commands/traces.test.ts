import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collectContents, collectCursors } from '../support/private-texts.ts';
import { runProgram, secretsIn, startProgram } from '../support/program.ts';
import {
  smallAccount,
  waitUntil,
  withAccount,
  type PulledAccount,
} from '../support/pulled-account.ts';
import { startReceiver, type Receiver } from '../support/receiver.ts';
import { clockEnvironment } from '../support/run-clock.ts';
import { readSpans, type CollectedSpan } from '../support/trace-collector.ts';

/** Runs `work` with a collector, and settings that name it. */
async function withCollector(
  work: (account: PulledAccount & { collector: Receiver }) => Promise<void>,
): Promise<void> {
  const collector = await startReceiver();
  try {
    await withAccount(smallAccount, (account) =>
      work({
        ...account,
        collector,
        settings: { ...account.settings, OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.origin}/` },
      }),
    );
  } finally {
    await collector.stop();
  }
}

const own = (span: CollectedSpan, name: string): unknown =>
  span.attributes[`zendesk_log_sync.${name}`];

describe('traces', { concurrency: 2 }, () => {
  it('have a span for each run, in it one for each page, and in that the request and the writing', async () => {
    await withCollector(async ({ settings, simulator, query, collector }) => {
      const { status, stderr } = await runProgram(['sync'], settings);
      assert.equal(status, 0, stderr);
      const { spans, resource } = readSpans(collector);
      assert.equal(resource['service.name'], 'zendesk-log-sync');
      assert.match(String(resource['service.version']), /^\d+\.\d+\.\d+/);

      const runs = await query<Record<string, string>>(
        `select id::text as run, account, stream, task, outcome, requests::text, rows_new::text as rows_new from zendesk_sync.runs order by id`,
      );
      const tops = spans.filter(({ parentSpanId }) => (parentSpanId ?? '') === '');
      assert.deepEqual(
        tops
          .map((span) =>
            Object.fromEntries(
              ['run', 'account', 'stream', 'task', 'outcome', 'requests', 'rows_new'].map(
                (name) => [name, String(own(span, name))],
              ),
            ),
          )
          .toSorted((a, b) => Number(a['run']) - Number(b['run'])),
        runs,
      );
      assert.equal(new Set(tops.map(({ traceId }) => traceId)).size, runs.length);

      const pages = spans.filter(({ name }) => name.startsWith('page '));
      const [stored] = await query<{ pages: number }>(
        `select sum(pages)::integer as pages from zendesk_sync.fetches`,
      );
      const logPages = pages.filter(({ name }) => name !== 'page users');
      assert.equal(logPages.length, stored?.pages);
      assert.ok(logPages.length > 4);
      for (const page of pages) {
        const run = tops.find(({ spanId }) => spanId === page.parentSpanId);
        assert.equal(run?.traceId, page.traceId);
        assert.equal(page.name, `page ${String(own(run, 'stream'))}`);
        assert.match(String(page.attributes['zendesk.request_id']), /^[\w.:-]+$/);
        const parts = spans.filter(({ parentSpanId }) => parentSpanId === page.spanId);
        assert.deepEqual(parts.map(({ name }) => name).toSorted(), ['request', 'write']);
        for (const part of parts) {
          assert.ok(BigInt(part.startTimeUnixNano) <= BigInt(part.endTimeUnixNano));
          assert.ok(BigInt(page.startTimeUnixNano) <= BigInt(part.startTimeUnixNano));
          assert.ok(BigInt(part.endTimeUnixNano) <= BigInt(page.endTimeUnixNano));
        }
      }
      for (const run of tops.filter((span) => own(span, 'stream') !== 'users'))
        assert.equal(
          pages
            .filter(({ parentSpanId }) => parentSpanId === run.spanId)
            .reduce((sum, page) => sum + Number(own(page, 'rows_new')), 0),
          Number(own(run, 'rows_new')),
        );
      assert.equal(spans.length, tops.length + 3 * pages.length);

      const text = collector.received.map(({ body }) => body).join('\n');
      const hidden = [
        ...collectContents(simulator),
        ...collectCursors(simulator),
        ...secretsIn(settings),
      ];
      assert.deepEqual(
        hidden.filter((content) => text.includes(content)),
        [],
      );
    });
  });

  it('mark a run that fails, with the sentence that the log has', async () => {
    await withCollector(async ({ settings, simulator, collector }) => {
      simulator.addFault({ kind: '401', stream: 'users', times: Infinity });
      assert.equal((await runProgram(['sync', 'users'], settings)).status, 1);
      const [span, ...others] = readSpans(collector).spans;
      assert.deepEqual(others, []);
      assert.equal(span?.name, 'listing users');
      assert.equal(own(span, 'outcome'), 'failed');
      assert.equal(span.status?.code, 2);
      assert.match(String(span.status?.message), /^Zendesk refuses the access token \(401\)/);
    });
  });

  it('come from the service too, the last ones when it is stopped', async () => {
    await withCollector(async ({ settings, query, collector }) => {
      const service = startProgram(['serve'], { ...settings, STREAMS: 'users' });
      await service.waitFor(/"msg":"run complete"/);
      service.kill('SIGTERM');
      assert.equal((await service.ended).status, 0);
      const [runs] = await query<{ count: number }>(
        'select count(*)::integer as count from zendesk_sync.runs',
      );
      const tops = readSpans(collector).spans.filter(({ name }) => name === 'listing users');
      assert.equal(tops.length, runs?.count);
    });
  });

  for (const [name, answer] of [
    ['refuses them', (response) => response.writeHead(400).end('kr7')],
    ['never answers', () => {}],
  ] as [string, Parameters<Receiver['answerWith']>[0]][])
    it(`neither make the program fail nor delay it when the collector ${name}`, async () => {
      await withCollector(async ({ settings, collector }) => {
        collector.answerWith(answer);
        const { status, stderr } = await runProgram(['sync', 'users'], settings);
        assert.equal(status, 0);
        await waitUntil(() => collector.received.length > 0);
        assert.equal(
          stderr.split('OTEL_EXPORTER_OTLP_ENDPOINT does not accept traces; runs continue').length,
          2,
          stderr,
        );
        assert.doesNotMatch(stderr, /kr7/);
      });
    });

  it('load nothing of OpenTelemetry when OTEL_EXPORTER_OTLP_ENDPOINT is not set', async () => {
    await withCollector(async ({ settings }) => {
      const { OTEL_EXPORTER_OTLP_ENDPOINT: _, ...without } = settings;
      const hooks = new URL('../support/loaded-modules.ts', import.meta.url).href;
      const loadedBy = async (chosen: Record<string, string>): Promise<string[]> => {
        const { status, stderr } = await runProgram(['sync', 'users'], {
          ...chosen,
          NODE_OPTIONS: `${clockEnvironment()['NODE_OPTIONS'] ?? ''} --import=${hooks}`,
        });
        assert.equal(status, 0);
        return [...stderr.matchAll(/^loaded (.*)$/gm)].map(([, url = '']) => url);
      };
      const isOfIt = (url: string): boolean => url.includes('/@opentelemetry/');
      const some = await loadedBy(without);
      assert.ok(some.some((url) => url.endsWith('/src/tracing/tracing.ts')));
      assert.deepEqual(some.filter(isOfIt), []);
      assert.ok((await loadedBy(settings)).some(isOfIt));
    });
  });
});
