import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMetrics, type Metrics } from '../../src/http/metrics.ts';
import { openDatabase } from '../../src/database/client.ts';
import { loadLedgerMeasures } from '../../src/http/ledger-measures.ts';
import { loadStatus } from '../../src/ingest/status.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { listLogs, streams } from '../../src/streams/registry.ts';
import { users } from '../../src/streams/users.ts';
import type { SyncEvent } from '../../src/ingest/events.ts';
import { readExposition, valueOf, type Family } from '../support/exposition.ts';
import {
  account,
  pullCompletely,
  withInstallation,
  type Installation,
} from '../support/installation.ts';
import { takeLease, withLedger } from '../support/ledger.ts';
import { collectContents } from '../support/private-texts.ts';

const build = { version: '1.2.3', nodeVersion: '24.0.0' };
const p = 'zendesk_log_sync_';

/** Each metric of the program: its type and its labels. */
const contract: Readonly<Record<string, readonly [type: string, labels: readonly string[]]>> = {
  last_success_timestamp_seconds: ['gauge', ['account', 'stream']],
  covered_until_timestamp_seconds: ['gauge', ['account', 'stream']],
  newest_record_timestamp_seconds: ['gauge', ['account', 'stream']],
  retention_headroom_seconds: ['gauge', ['account', 'stream']],
  gaps: ['gauge', ['account', 'stream']],
  gap_seconds: ['gauge', ['account', 'stream']],
  quarantined_records: ['gauge', ['account', 'stream']],
  lost_rows: ['gauge', ['account', 'stream']],
  last_loss_timestamp_seconds: ['gauge', ['account', 'stream']],
  last_reconcile_timestamp_seconds: ['gauge', ['account', 'stream']],
  reconcile_differences: ['gauge', ['account', 'stream']],
  backfill_progress_ratio: ['gauge', ['account', 'stream']],
  stream_available: ['gauge', ['account', 'stream']],
  authorized: ['gauge', ['account', 'stream']],
  lease_held: ['gauge', ['account', 'stream']],
  lease_token: ['gauge', ['account', 'stream']],
  late_rows: ['gauge', ['account', 'stream', 'age_seconds']],
  partitions_ahead: ['gauge', ['table']],
  anchor_age_seconds: ['gauge', ['account', 'kind', 'place']],
  anchor_failures: ['gauge', ['account', 'kind', 'place']],
  alert_messages: ['gauge', ['channel', 'state']],
  alert_channel_failures: ['gauge', ['channel']],
  report_failed: ['gauge', ['account', 'report']],
  report_next_timestamp_seconds: ['gauge', ['account', 'report']],
  archived_rows: ['gauge', ['account', 'stream']],
  archived_bytes: ['gauge', ['account', 'stream']],
  archived_objects: ['gauge', ['account', 'stream']],
  archive_last_run_timestamp_seconds: ['gauge', []],
  archive_failures: ['gauge', []],
  database_size_bytes: ['gauge', []],
  last_verification_timestamp_seconds: ['gauge', ['account', 'depth']],
  verification_age_seconds: ['gauge', ['account', 'depth']],
  verification_findings: ['gauge', ['account', 'stream', 'kind']],
  table_size_bytes: ['gauge', ['table']],
  rows_ingested_total: ['counter', ['account', 'stream']],
  rows_new_total: ['counter', ['account', 'stream']],
  rows_duplicate_total: ['counter', ['account', 'stream']],
  rows_late_total: ['counter', ['account', 'stream']],
  rows_changed_total: ['counter', ['account', 'stream']],
  rows_unclassified_total: ['counter', ['account']],
  requests_total: ['counter', ['account', 'endpoint', 'code']],
  request_duration_seconds: ['histogram', ['endpoint']],
  rate_limit_pauses_total: ['counter', ['account', 'group']],
  clock_skew_seconds: ['gauge', ['account', 'clock']],
  runs_total: ['counter', ['account', 'stream', 'task', 'outcome']],
  reports_total: ['counter', ['account', 'report', 'outcome']],
  build_info: ['gauge', ['version', 'node_version']],
  database_up: ['gauge', []],
  schedules_overdue: ['gauge', []],
};

type Families = ReadonlyMap<string, Family>;

/** The metrics of a process, with the ledger of a database. */
async function scrape(
  metrics: Metrics,
  url: string,
): Promise<{ text: string; families: Families }> {
  const db = openDatabase({ url });
  try {
    const text = await metrics.render([
      { database: undefined, measures: await loadLedgerMeasures(db, listLogs(streams)) },
    ]);
    return { text, families: readExposition(text) };
  } finally {
    await db.close();
  }
}

/** An installation whose engine is counted. */
async function withMetrics(
  simulator: Parameters<typeof withInstallation>[0],
  work: (installation: Installation, metrics: Metrics) => Promise<void>,
): Promise<void> {
  const metrics = createMetrics(build);
  metrics.introduce(account, streams);
  metrics.introduceReport(account, 'log');
  await withInstallation(
    simulator,
    { report: (event: SyncEvent) => metrics.count(account, event) },
    (installation) => work(installation, metrics),
  );
}

const smallLogs = {
  limits: false,
  agents: 12,
  accessLogDays: 3,
  accessLogRowsPerDay: 400,
  auditLogDays: 30,
  auditLogRowsPerDay: 10,
};

async function countRows({ db }: Installation, table: string): Promise<number> {
  const [row] = await db.query<{ rows: number }>(`select count(*)::integer as rows from ${table}`);
  return row?.rows ?? 0;
}

describe('metrics', () => {
  it('count what a pull has stored, are complete, and contain nothing of the rows', async () => {
    await withMetrics(smallLogs, async (installation, metrics) => {
      const { simulator, db, url } = installation;
      for (const stream of ['audit_logs', 'access_logs', 'users'] as const)
        await pullCompletely(installation, stream);
      await db.query(
        `insert into zendesk_sync.verifications (account, depth, holder, ended_at, outcome, findings, found)
         values ($1, 'quick', 'test', now(), 'findings', 2, $2)`,
        [
          account,
          JSON.stringify([
            {
              stream: 'audit_logs',
              kind: 'rows_miscounted',
              is_deep: false,
              findings: 2,
              first_finding: 'x',
            },
          ]),
        ],
      );
      await db.query(
        `insert into zendesk_evidence.anchor_states (account, kind, place, attempted_at)
         values ('acme', 'witness', 'https://witness.example', now())`,
      );
      await db.query(
        `insert into zendesk_sync.alert_messages (channel, kind, content, delivered_at, given_up_at)
         values ('webhook', 'news', '{}', now(), null), ('webhook', 'news', '{}', now(), null), ('webhook', 'news', '{}', null, now()),
           ('webhook', 'news', '{}', null, null)`,
      );
      await db.query(
        `insert into zendesk_sync.alert_channels (channel, failures) values ('webhook', 3)`,
      );
      await db.query(
        `insert into zendesk_sync.scheduled_reports (account, report, schedule, due_at, next_due_at, error)
         values ('acme', 'weekly', '0 6 * * 1', now(), now() + interval '7 days', 'The disk is full.'),
           ('acme', 'left-the-file', '0 6 * * 1', now() - interval '30 days', now() - interval '23 days', 'The disk is full.')`,
      );
      const { text, families } = await scrape(metrics, url);
      for (const [state, count] of Object.entries({ delivered: 2, waiting: 1, given_up: 1 }))
        assert.equal(valueOf(families, `${p}alert_messages`, { channel: 'webhook', state }), count);
      assert.equal(valueOf(families, `${p}alert_channel_failures`, { channel: 'webhook' }), 3);
      assert.deepEqual(
        families.get(`${p}report_failed`)?.samples.map(({ labels, value }) => [labels, value]),
        [[{ account: 'acme', report: 'weekly' }, 1]],
      );

      const own = [...families.keys()].filter((name) => name.startsWith(p));
      assert.deepEqual(
        own.toSorted(),
        Object.keys(contract)
          .map((name) => p + name)
          .toSorted(),
      );
      for (const [name, [type, labels]] of Object.entries(contract)) {
        const family = families.get(p + name);
        assert.equal(family?.type, type, name);
        assert.match(family.help, /^[A-Z0-9].*\.$/, name);
        assert.ok(family.samples.length > 0, `${name} has no value`);
        for (const sample of family.samples) {
          const { le: _, ...own_ } = sample.labels;
          assert.deepEqual(Object.keys(own_).toSorted(), [...labels].toSorted(), name);
        }
      }
      for (const name of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_seconds'])
        assert.ok(families.has(name), name);
      assert.deepEqual(
        collectContents(simulator).filter((content) => text.includes(content)),
        [],
      );

      const tables = {
        audit_logs: 'zendesk.audit_logs',
        access_logs: 'zendesk.access_logs',
        users: 'zendesk.users',
      };
      for (const [stream, table] of Object.entries(tables)) {
        const labels = { account, stream };
        const rows = await countRows(installation, table);
        assert.ok(rows > 10, `${rows} rows of ${stream}`);
        const value = (name: string): number =>
          valueOf(families, `${p}rows_${name}_total`, labels) ?? NaN;
        assert.equal(value('new'), rows, stream);
        assert.equal(
          value('ingested'),
          value('new') + value('duplicate') + value('changed'),
          stream,
        );
        assert.equal(value('late'), 0, stream);
      }
      // Repeated records count again.
      const unclassified = valueOf(families, `${p}rows_unclassified_total`, { account }) ?? NaN;
      const kept = `zendesk.access_log_resources where kind = 'unclassified'`;
      assert.ok(unclassified >= (await countRows(installation, kept)));
      const seen = { account, stream: 'access_logs' };
      assert.ok(unclassified < (valueOf(families, `${p}rows_ingested_total`, seen) ?? NaN) / 2);

      const completed = await db.query<{ stream: string; ended: number }>(
        `select stream, extract(epoch from max(ended_at))::float8 as ended from zendesk_sync.runs where outcome = 'complete' group by stream`,
      );
      const ends = new Map(completed.map(({ stream, ended }) => [stream, ended]));
      for (const row of await loadStatus(db, streams, account)) {
        const labels = { account, stream: row.stream };
        const value = (name: string): number | undefined => valueOf(families, p + name, labels);
        assert.equal(value('gaps'), row.gaps);
        assert.equal(value('gap_seconds'), row.gap_seconds);
        assert.equal(value('quarantined_records'), row.quarantined);
        assert.equal(value('stream_available'), 1);
        assert.equal(value('authorized'), 1);
        assert.equal(value('lease_held'), 0);
        assert.ok((value('lease_token') ?? 0) >= 1);
        assert.equal(value('last_success_timestamp_seconds'), ends.get(row.stream));
        // In the status it is a Date, which is cut to milliseconds.
        const coveredUntil = (value('covered_until_timestamp_seconds') ?? NaN) * 1000;
        assert.equal(Math.floor(coveredUntil + 1e-4), row.covered_until?.getTime());
        assert.equal(value('backfill_progress_ratio'), row.stream === 'users' ? undefined : 1);
        assert.equal(
          value('retention_headroom_seconds') !== undefined,
          row.stream === 'access_logs',
        );
      }
      const [newest] = await db.query<{ audit: number; access: number }>(
        `select (select extract(epoch from max(created_at)) from zendesk.audit_logs)::float8 as audit,
           (select extract(epoch from max(timestamp)) from zendesk.access_logs)::float8 as access`,
      );
      const newestOf = (stream: string): number | undefined =>
        valueOf(families, `${p}newest_record_timestamp_seconds`, { account, stream });
      assert.equal(newestOf('audit_logs'), newest?.audit);
      assert.equal(newestOf('access_logs'), newest?.access);

      const answered = simulator.requests().length;
      const requests = families.get(`${p}requests_total`)?.samples ?? [];
      assert.equal(
        requests.reduce((sum, { value }) => sum + value, 0),
        answered,
      );
      assert.deepEqual(
        [...new Set(requests.map(({ labels }) => String(labels['endpoint'])))].toSorted(),
        ['access_logs', 'audit_logs', 'oauth_tokens', 'users'],
      );
      for (const { labels } of requests)
        assert.equal(labels['code'], labels['endpoint'] === 'oauth_tokens' ? '201' : '200');
      const durations = families.get(`${p}request_duration_seconds`)?.samples ?? [];
      const counted = durations.filter(({ name }) => name.endsWith('_count'));
      assert.equal(
        counted.reduce((sum, { value }) => sum + value, 0),
        answered,
      );
    });
  });

  it('count nothing twice when a span is read again, and count those rows as duplicates', async () => {
    await withMetrics(smallLogs, async (installation, metrics) => {
      const worker = installation.worker('audit_logs');
      await pullCompletely(installation, 'audit_logs');
      const labels = { account, stream: 'audit_logs' };
      const before = readExposition(
        await metrics.render([{ database: undefined, measures: undefined }]),
      );
      const [oldest] = await installation.db.query<{ from: number; rows: number }>(
        `select extract(epoch from date_trunc('second', min(created_at)))::float8 as from, count(*)::integer as rows from zendesk.audit_logs`,
      );
      assert.ok(oldest !== undefined);
      const until = Math.floor(Date.now() / 1000) - 600;
      const result = await worker.read(
        { from: oldest.from, to: until },
        new AbortController().signal,
      );
      assert.equal(result.outcome, 'complete', result.error);
      const after = readExposition(
        await metrics.render([{ database: undefined, measures: undefined }]),
      );
      const grown = (name: string): number =>
        (valueOf(after, `${p}rows_${name}_total`, labels) ?? NaN) -
        (valueOf(before, `${p}rows_${name}_total`, labels) ?? NaN);
      assert.equal(grown('new'), 0);
      assert.equal(grown('changed'), 0);
      assert.ok(grown('duplicate') >= oldest.rows - 20);
      assert.equal(grown('ingested'), grown('duplicate'));
    });
  });

  it('show refused credentials, refused streams, failed requests and pauses', async () => {
    await withMetrics(smallLogs, async ({ simulator, worker, url, db }, metrics) => {
      const { signal } = new AbortController();
      simulator.addFault({ kind: '401', stream: 'audit_logs', times: Infinity });
      simulator.addFault({ kind: '403-plan', stream: 'access_logs', times: Infinity });
      simulator.addFault({ kind: 'connection-reset', stream: 'users' });
      simulator.addFault({ kind: '429-retry-after', stream: 'users' });
      assert.equal((await worker('audit_logs').follow(signal)).outcome, 'failed');
      assert.equal((await worker('access_logs').follow(signal)).outcome, 'failed');
      await db.query(
        `update zendesk_sync.streams set refused_since = refused_since - interval '3 minutes'`,
      );
      assert.equal((await worker('access_logs').follow(signal)).outcome, 'unavailable');
      assert.equal((await worker('users').follow(signal)).outcome, 'complete');
      const { families } = await scrape(metrics, url);
      const gauge = (name: string): Record<string, number | undefined> =>
        Object.fromEntries(
          streams.map((stream) => [
            stream.name,
            valueOf(families, p + name, { account, stream: stream.name }),
          ]),
        );
      assert.deepEqual(gauge('authorized'), { audit_logs: 0, access_logs: 1, users: 1 });
      assert.deepEqual(gauge('stream_available'), { audit_logs: 1, access_logs: 0, users: 1 });
      assert.deepEqual(gauge('backfill_progress_ratio'), {
        audit_logs: 0,
        access_logs: 0,
        users: undefined,
      });
      const requests = (endpoint: string, code: string): number | undefined =>
        valueOf(families, `${p}requests_total`, { account, endpoint, code });
      assert.ok((requests('audit_logs', '401') ?? 0) >= 1);
      assert.equal(requests('access_logs', '403'), 6);
      assert.equal(requests('users', 'error'), 1);
      assert.equal(requests('users', '429'), 1);
      const pauses = (group: string): number | undefined =>
        valueOf(families, `${p}rate_limit_pauses_total`, { account, group });
      assert.equal(pauses('support'), 1);
      assert.equal(pauses('access_logs'), 0);
      const runs = (stream: string, task: string, outcome: string): number | undefined =>
        valueOf(families, `${p}runs_total`, { account, stream, task, outcome });
      assert.equal(runs('audit_logs', 'live', 'failed'), 1);
      assert.equal(runs('access_logs', 'live', 'unavailable'), 1);
      assert.equal(runs('access_logs', 'live', 'failed'), 1);
      assert.equal(runs('users', 'listing', 'complete'), 1);

      simulator.clearFaults();
      assert.equal((await worker('audit_logs').follow(signal)).outcome, 'complete');
      assert.equal((await worker('access_logs').follow(signal)).outcome, 'complete');
      const again = (await scrape(metrics, url)).families;
      for (const name of ['authorized', 'stream_available'])
        for (const { name: stream } of streams)
          assert.equal(valueOf(again, p + name, { account, stream }), 1, `${name} of ${stream}`);
    });
  });

  it('show a lease while it is held, and forget an account that is deleted from the ledger', async () => {
    await withLedger(async (db, url) => {
      const metrics = createMetrics(build);
      await takeLease(db, users);
      const labels = { account: 'acme', stream: 'users' };
      const { families } = await scrape(metrics, url);
      assert.equal(valueOf(families, `${p}lease_held`, labels), 1);
      assert.equal(valueOf(families, `${p}lease_token`, labels), 1);
      await db.query('delete from zendesk_sync.leases');
      await db.query('delete from zendesk_sync.streams');
      const { families: empty } = await scrape(metrics, url);
      assert.equal(empty.get(`${p}lease_held`)?.samples.length, 0);
      assert.ok((valueOf(empty, `${p}database_size_bytes`) ?? 0) > 1_000_000);
    });
  });

  it('begin at 0 for the streams of an account, so that the first increase is visible', async () => {
    const metrics = createMetrics(build);
    metrics.introduce('acme', [accessLogs]);
    const families = readExposition(
      await metrics.render([{ database: undefined, measures: undefined }]),
    );
    const zero = (name: string, labels: Record<string, string>): void =>
      assert.equal(valueOf(families, p + name, labels), 0, name);
    for (const name of ['ingested', 'new', 'duplicate', 'late', 'changed'])
      zero(`rows_${name}_total`, { account: 'acme', stream: 'access_logs' });
    zero('rows_unclassified_total', { account: 'acme' });
    zero('rate_limit_pauses_total', { account: 'acme', group: 'access_logs' });
    zero('runs_total', { account: 'acme', stream: 'access_logs', task: 'live', outcome: 'failed' });
    assert.equal(families.get(`${p}rows_new_total`)?.samples.length, 1);
  });
});
