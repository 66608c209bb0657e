import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { proveBeginning } from '../../src/ingest/beginning.ts';
import { loadCoverage } from '../../src/ingest/coverage.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import {
  account,
  pullCompletely,
  storedLines,
  trueLines,
  withInstallation,
} from '../support/installation.ts';
import { listFetches } from '../support/ledger-facts.ts';
import { smallAccount } from '../support/small-account.ts';

const day = 86_400;
const signal = new AbortController().signal;
const key = { account, stream: 'audit_logs' };

/** Runs `work` with the origin of a Zendesk that ignores some parameters, in front of another one. */
async function withDeaf(
  upstream: () => string,
  ignored: readonly string[],
  work: (origin: string) => Promise<void>,
): Promise<void> {
  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? '/', upstream());
      for (const name of ignored) url.searchParams.delete(name);
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      const { authorization = '', 'content-type': type = '' } = request.headers;
      const answer = await fetch(url, {
        method: request.method ?? 'GET',
        headers: { authorization, 'content-type': type },
        ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
      });
      response.writeHead(answer.status, {
        'content-type': answer.headers.get('content-type') ?? '',
        date: answer.headers.get('date') ?? '',
      });
      response.end(await answer.text());
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('the beginning of a log', { concurrency: 3 }, () => {
  it('is the found record when nothing is older, after one request', async () => {
    let asked = 0;
    const found = await proveBeginning(1_700_000_000, async () => {
      asked += 1;
      return undefined;
    });
    assert.deepEqual([found, asked], [1_700_000_000, 1]);
  });

  it('is found to within a day when the answers are in any order', async () => {
    const records = [1_300_000_000, 1_300_000_500, 1_500_000_000, 1_700_000_000];
    for (const pick of [0, -1]) {
      const found = await proveBeginning(1_700_000_000, async ({ from, to }) =>
        records.filter((second) => second >= from - 1 && second <= to + 1).at(pick),
      );
      assert.ok(found <= 1_300_000_000 && found > 1_300_000_000 - 2 * day, `${found}`);
    }
  });

  it('is proved if Zendesk ignores the order: the whole history is read', async () => {
    const simulator = await startSimulator({ subdomain: account, ...smallAccount('audit_logs') });
    try {
      await withDeaf(
        () => simulator.url,
        ['sort'],
        async (origin) => {
          await withInstallation(smallAccount('audit_logs'), { origin }, async (installation) => {
            await pullCompletely(installation, 'audit_logs');
            const stored = await storedLines(installation.db, 'audit_logs');
            const settled = { from: 0, to: Math.floor(simulator.now() / 1000) - 300 };
            const missing = trueLines(simulator, 'audit_logs', settled).filter(
              (line) => !stored.includes(line),
            );
            assert.deepEqual(missing, []);
          });
        },
      );
    } finally {
      await simulator.stop();
    }
  });

  it('that an earlier version took from a single answer is requested again, once', async () => {
    await withInstallation(smallAccount('audit_logs'), {}, async (installation) => {
      const { db, simulator } = installation;
      await pullCompletely(installation, 'audit_logs');
      const [truth] = await db.query<{ horizon: Date }>(
        `select horizon from zendesk_sync.streams where stream = 'audit_logs'`,
      );
      await db.query(
        `update zendesk_sync.streams set horizon = now() - interval '1 hour', horizon_proved_at = null`,
      );
      const early = (): number =>
        simulator.requests().filter(({ query }) => query.includes('1999-12-31')).length;
      const before = early();
      await pullCompletely(installation, 'audit_logs');
      const asked = early() - before;
      assert.ok(asked > 1);
      await pullCompletely(installation, 'audit_logs');
      assert.equal(early() - before, asked);
      const [found] = await db.query<{ horizon: Date }>(
        `select horizon from zendesk_sync.streams where stream = 'audit_logs'`,
      );
      const horizon = truth?.horizon.getTime() ?? 0;
      assert.ok((found?.horizon.getTime() ?? Infinity) <= horizon);
      assert.ok((found?.horizon.getTime() ?? 0) >= horizon - 2 * day * 1000);
    });
  });
});

describe('an ignored time filter', () => {
  it('covers nothing, and is reported', async () => {
    const simulator = await startSimulator({ subdomain: account, ...smallAccount('audit_logs') });
    try {
      await withDeaf(
        () => simulator.url,
        ['filter[created_at][]'],
        async (origin) => {
          await withInstallation(smallAccount('audit_logs'), { origin }, async ({ db, worker }) => {
            const { outcome, code } = await worker('audit_logs').follow(signal);
            assert.deepEqual([outcome, code], ['failed', 'filter_ignored']);
            assert.deepEqual(await loadCoverage(db, key), []);
            assert.ok(
              (await listFetches(db, 'audit_logs')).every((each) => each.outcome !== 'complete'),
            );
          });
        },
      );
    } finally {
      await simulator.stop();
    }
  });
});
