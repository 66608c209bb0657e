/** The work of this process, counted from the engine's events. Every label has only a few possible values. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Stream } from '../streams/stream.ts';
import type { SyncEvent } from '../ingest/events.ts';

/** The prefix of every metric of this program. */
export const prefix = 'zendesk_log_sync_';

/** The running version: labels of `build_info`. */
export type Build = { readonly version: string; readonly nodeVersion: string };

/** Counts events. One for all accounts of a process. */
export type EventCounter = {
  /** Starts the counters of an account at 0: otherwise Prometheus would not see the first increment as an increase. */
  introduce(account: string, streams: readonly Stream[]): void;
  count(account: string, event: SyncEvent): void;
};

/** Durations of requests, in seconds: Zendesk answers in tenths of a second, and the program waits for at most a minute. */
const durationBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

function createClockGauge(registers: Registry[]): Gauge<'account' | 'clock'> {
  return new Gauge({
    name: `${prefix}clock_skew_seconds`,
    help: 'How far the clocks of Zendesk and of the database are ahead of the clock of this machine; 0 while they agree.',
    labelNames: ['account', 'clock'],
    registers,
  });
}

/** Adds the metrics of this process to a registry. */
function createProcessMetrics(registry: Registry, build: Build) {
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
  ): Counter<Label> => new Counter({ name: `${prefix}${name}_total`, help, labelNames, registers });

  const perStream = ['account', 'stream'] as const;
  const rows = {
    ingested: counter(
      'rows_ingested',
      'Records received from Zendesk, including repeated ones.',
      perStream,
    ),
    new: counter('rows_new', 'Records stored for the first time.', perStream),
    duplicate: counter('rows_duplicate', 'Records that were stored already, unchanged.', perStream),
    late: counter('rows_late', 'New records in time that was covered already.', perStream),
    changed: counter('rows_changed', 'Records that had changed since they were stored.', perStream),
  };
  const unclassified = counter(
    'rows_unclassified',
    'Records of the access log that no rule matches, including repeated ones.',
    ['account'],
  );
  const requests = counter(
    'requests',
    'Requests to Zendesk by HTTP status; "error" if there was no complete response.',
    ['account', 'endpoint', 'code'],
  );
  const durations = new Histogram({
    name: `${prefix}request_duration_seconds`,
    help: 'Time from sending a request to the last byte of its response.',
    labelNames: ['endpoint'],
    buckets: durationBuckets,
    registers,
  });
  const pauses = counter(
    'rate_limit_pauses',
    'Pauses because Zendesk answered 429 or because its limit was nearly used up.',
    ['account', 'group'],
  );
  const clocks = createClockGauge(registers);
  const runs = counter('runs', 'Runs by their outcome; busy when another process had the stream.', [
    'account',
    'stream',
    'task',
    'outcome',
  ]);
  new Gauge({
    name: `${prefix}build_info`,
    help: 'Always 1; the labels show the running version.',
    labelNames: ['version', 'node_version'],
    registers,
  }).set({ version: build.version, node_version: build.nodeVersion }, 1);
  return { rows, unclassified, requests, durations, pauses, clocks, runs };
}

/** Adds the metrics of this process to a registry, and counts events into them. */
export function createEventCounter(registry: Registry, build: Build): EventCounter {
  const metrics = createProcessMetrics(registry, build);
  const { rows, unclassified, requests, durations, pauses, clocks, runs } = metrics;

  function introduce(account: string, streams: readonly Stream[]): void {
    for (const stream of streams) {
      const { name, kind, budget } = stream;
      for (const perRow of Object.values(rows)) perRow.inc({ account, stream: name }, 0);
      if (kind === 'log' && stream.table.derived !== undefined) unclassified.inc({ account }, 0);
      const task = kind === 'listing' ? 'listing' : 'live';
      for (const outcome of ['complete', 'failed'])
        runs.inc({ account, stream: name, task, outcome }, 0);
      pauses.inc({ account, group: budget.name }, 0);
    }
  }

  function count(account: string, event: SyncEvent): void {
    if (event.type === 'page') {
      const labels = { account, stream: event.stream };
      rows.ingested.inc(labels, event.rows);
      rows.new.inc(labels, event.newRows);
      rows.changed.inc(labels, event.changedRows);
      rows.late.inc(labels, event.lateRows);
      rows.duplicate.inc(labels, Math.max(0, event.rows - event.newRows - event.changedRows));
      if (event.unclassifiedRows !== undefined)
        unclassified.inc({ account }, event.unclassifiedRows);
    }
    if (event.type === 'request') {
      const { endpoint, status, durationMs } = event;
      requests.inc({ account, endpoint, code: status ?? 'error' });
      durations.observe({ endpoint }, durationMs / 1000);
    }
    if (event.type === 'pause') pauses.inc({ account, group: event.group });
    if (event.type === 'clocks') {
      clocks.set({ account, clock: 'zendesk' }, event.zendeskMs / 1000);
      clocks.set({ account, clock: 'database' }, event.databaseMs / 1000);
    }
    if (event.type === 'run') {
      const { stream, task, outcome } = event;
      runs.inc({ account, stream, task, outcome });
    }
  }

  return { introduce, count };
}
