import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FaultKind } from '../../src/simulator/simulator.ts';
import { pullCompletely, withInstallation } from '../support/installation.ts';
import { assertComplete, listFetches, statusOf } from '../support/ledger-facts.ts';
import { smallAccount } from '../support/small-account.ts';

const logs = ['audit_logs', 'access_logs'] as const;
/** Faults that the access log service words in its own way, or that affect pages of 2,500 rows most. */
const otherWords = ['500-json', '504-text', 'reset-mid-body', 'truncated-json'] as const;

describe('a temporary fault', { concurrency: 3 }, () => {
  const kinds = [
    '500-json',
    '500-html',
    '502-html',
    '503-html',
    '503-json',
    '504-text',
    'connection-reset',
    'reset-mid-body',
    'truncated-json',
    'html-200',
    'empty-200',
    'endless',
    'bomb',
  ] satisfies FaultKind[];
  for (const stream of logs)
    for (const kind of stream === 'audit_logs' ? kinds : otherWords)
      it(`costs ${stream} neither a row nor the run: ${kind}`, async () => {
        await withInstallation(smallAccount(stream), {}, async (installation) => {
          const { simulator, db } = installation;
          simulator.addFault({ kind, stream, after: 1, times: 2 });
          simulator.addFault({ kind, stream, onlyWithCursor: true, times: 2 });
          await pullCompletely(installation, stream);
          await assertComplete(installation, stream);
          const struck = simulator.requests().filter(({ fault }) => fault === kind);
          assert.equal(struck.length, 4);
          const outcomes = (await listFetches(db, stream)).map(({ outcome }) => outcome);
          assert.deepEqual(new Set(outcomes), new Set(['complete']));
          assert.equal((await statusOf(db, stream)).last_error, null);
        });
      });

  it('makes the program wait for as long as a 503 says', async () => {
    await withInstallation(smallAccount('audit_logs'), {}, async (installation) => {
      const { simulator } = installation;
      simulator.addFault({ kind: '503-json', stream: 'audit_logs', after: 1, seconds: 1 });
      await pullCompletely(installation, 'audit_logs');
      await assertComplete(installation, 'audit_logs');
      const requests = simulator.requests();
      const struck = requests.findIndex(({ fault }) => fault === '503-json');
      const waitedMs = (requests[struck + 1]?.startedAt ?? 0) - (requests[struck]?.endedAt ?? 0);
      assert.ok(waitedMs >= 990, `${waitedMs} ms`);
    });
  });
});
