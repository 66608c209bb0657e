import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadCoverage } from '../../src/ingest/coverage.ts';
import {
  account,
  assertTrue,
  pullCompletely,
  storedLines,
  trueLines,
  withInstallation,
  type Installation,
} from '../support/installation.ts';
import { listFetches } from '../support/ledger-facts.ts';
import { createStillTime } from '../support/still-time.ts';

const logs = ['audit_logs', 'access_logs'] as const;
type Log = (typeof logs)[number];
const hour = 3600;

/** An account that writes several rows a minute into one log. */
function busyAccount(stream: Log) {
  const busy = (other: Log): number => (other === stream ? 4000 : 0);
  return {
    auditLogDays: 0.3,
    accessLogDays: 0.3,
    auditLogRowsPerDay: busy('audit_logs'),
    accessLogRowsPerDay: busy('access_logs'),
  };
}

/** Fails unless all that Zendesk shows up to `now` is stored, and the coverage ends at SETTLE before it, without a gap. */
async function assertPresent(installation: Installation, stream: Log, now: number): Promise<void> {
  const { simulator, db } = installation;
  const stored = new Set(await storedLines(db, stream));
  const shown = trueLines(simulator, stream, { from: 0, to: now + 1 });
  assert.ok(shown.length > 100);
  assert.deepEqual(
    shown.filter((line) => !stored.has(line)),
    [],
    'what Zendesk shows is stored up to its present',
  );
  const coverage = await assertTrue(installation, stream);
  assert.deepEqual(
    coverage.map(({ to }) => to),
    [now - 300],
  );
}

describe('a local clock that is wrong', { concurrency: 2 }, () => {
  for (const stream of logs) {
    for (const [words, wrongSeconds] of [
      ['an hour late', -hour],
      ['an hour early', hour],
      ['a minute early', 60],
      ['a month late', -30 * 24 * hour],
    ] as const)
      it(`${words} does no harm from the first run on: ${stream}`, async () => {
        const time = createStillTime();
        const localNow = (): number => time.localNow() + wrongSeconds * 1000;
        const settings = { ...time.simulator, ...busyAccount(stream) };
        await withInstallation(settings, { localNow }, async (installation) => {
          const { simulator, engine, worker } = installation;
          time.pass(simulator, 0);
          await pullCompletely(installation, stream);
          await assertPresent(installation, stream, time.seconds());
          assert.equal(engine.zendesk.now().getTime(), time.localNow());

          time.pass(simulator, 1200);
          await pullCompletely(installation, stream);
          await assertPresent(installation, stream, time.seconds());

          // Nothing is asked twice once the clock is known to be wrong.
          const before = simulator.requests().length;
          time.pass(simulator, 60);
          assert.equal(
            (await worker(stream).follow(new AbortController().signal)).outcome,
            'complete',
          );
          assert.equal(simulator.requests().length - before, 1);
        });
      });

    it(`and jumps by an hour between two ticks does no harm: ${stream}`, async () => {
      const time = createStillTime();
      let wrongMs = 0;
      const settings = { ...time.simulator, ...busyAccount(stream) };
      const localNow = (): number => time.localNow() + wrongMs;
      await withInstallation(settings, { localNow }, async (installation) => {
        const { simulator, db } = installation;
        time.pass(simulator, 0);
        for (const wrongSeconds of [0, hour, -hour, 0, -hour, hour]) {
          wrongMs = wrongSeconds * 1000;
          time.pass(simulator, 300);
          await pullCompletely(installation, stream);
          await assertPresent(installation, stream, time.seconds());
        }
        const early = (await listFetches(db, stream)).filter(
          ({ kind, to, askedAt }) => kind === 'rescan' && to > (askedAt ?? 0) - hour,
        );
        assert.deepEqual(early, [], 'nothing was read again before its time');
      });
    });
  }
});

describe('a clock of Zendesk that is an hour from the real time', { concurrency: 2 }, () => {
  for (const stream of logs)
    for (const offsetMs of [hour * 1000, -hour * 1000])
      it(`decides what is covered, whatever the local clock says: ${stream}, ${offsetMs / 60_000} minutes`, async () => {
        const settings = { limits: false, clockOffsetMs: offsetMs, ...busyAccount(stream) };
        await withInstallation(settings, {}, async (installation) => {
          const { simulator, db } = installation;
          const began = Math.floor(simulator.now() / 1000);
          await pullCompletely(installation, stream);
          const ended = Math.floor(simulator.now() / 1000);
          const stored = new Set(await storedLines(db, stream));
          const shown = trueLines(simulator, stream, { from: 0, to: began });
          assert.deepEqual(
            shown.filter((line) => !stored.has(line)),
            [],
          );
          await assertTrue(installation, stream);
          const coverage = await loadCoverage(db, { account, stream });
          assert.equal(coverage.length, 1);
          const end = coverage[0]?.to ?? 0;
          assert.ok(end >= began - 302 && end <= ended - 298, `${end - began}`);
        });
      });
});
