import type { Figure, Line } from '../figure.ts';
import { summarize } from '../samples.ts';
import { clear, startRemoteSimulator, withStage, type Stage } from '../stage.ts';
import { measureDisk } from './disk.ts';
import { measureEvidence, sizeEvidence } from './evidence.ts';
import { measureDashboards, measureLookUps } from './look-ups.ts';
import { buildProgram, runSync, type SyncRun } from './sync-process.ts';

const mostMegabytes = 150;
const mostRatio = 1.1;
/** As long as Zendesk keeps the log. */
const days = 90;

/**
 * What grows with the number of rows and what must not: memory of the program and time for each row during a backfill; then,
 * with the larger number of rows, look-ups, dashboards, disk and evidence.
 */
export const storedRowsFigure: Figure = {
  name: 'stored-rows',
  async measure(effort) {
    const [few, many] = effort === 'tiny' ? ([3000, 6000] as const) : ([1e6, 1e7] as const);
    await buildProgram();
    return withStage(async (stage) => {
      const small = await backfill(stage, few);
      const fewSealed = await sizeEvidence(stage.db);
      const large = await backfill(stage, many);
      await stage.db.query('vacuum (analyze) zendesk.access_logs, zendesk.access_log_resources');
      return [
        ...describeMemory(small, large),
        ...describePace(large, few, many),
        ...(await measureLookUps(stage.db, many, effort)),
        ...(await measureDashboards(stage.db, effort)),
        ...(await measureDisk(stage.db)),
        ...(await measureEvidence(stage.db, effort, fewSealed)),
      ];
    });
  },
};

async function backfill(stage: Stage, rows: number): Promise<SyncRun> {
  await clear(stage.db);
  const simulator = await startRemoteSimulator({
    accessLogDays: days,
    accessLogRowsPerDay: rows / days,
    auditLogRowsPerDay: 0,
    anchor: new Date(),
    limits: false,
    requestLogSize: 1,
  });
  try {
    return await runSync(stage, simulator.url);
  } finally {
    await simulator.stop();
  }
}

function describeMemory(small: SyncRun, large: SyncRun): Line[] {
  const describe = ({ rows, megabytes }: SyncRun): Line => {
    const summary = summarize(megabytes);
    return {
      figure: `Resident memory during a backfill of ${write(rows)} rows, ten times a second`,
      target: `≤ ${mostMegabytes} MB`,
      summary,
      unit: 'MB',
      reached: summary.median <= mostMegabytes,
    };
  };
  const ratio = summarize(large.megabytes).median / summarize(small.megabytes).median;
  return [
    describe(small),
    describe(large),
    {
      figure: '  the second / the first',
      target: '0.90 – 1.10 ×',
      summary: summarize([ratio]),
      unit: '×',
      reached: Math.abs(ratio - 1) <= 0.1,
    },
  ];
}

/** The time of half of `few` rows before `few` were stored, and of the same number in the middle and shortly before the end. */
function describePace({ progress }: SyncRun, few: number, many: number): Line[] {
  const last = progress.at(-1)?.rows ?? 0;
  const early = microsecondsARow(progress, few * 0.5, few);
  const middle = microsecondsARow(progress, last / 2 - few * 0.5, last / 2);
  const late = microsecondsARow(progress, last - few * 0.6, last - few * 0.1);
  const ratio = late / early;
  // Too few rows to tell.
  if (!Number.isFinite(ratio)) return [];
  return [
    {
      figure: `Time a row at ${write(many)} stored rows / at ${write(few)}`,
      target: `≤ ${mostRatio.toFixed(1)} ×`,
      summary: summarize([ratio]),
      unit: '×',
      reached: ratio <= mostRatio,
    },
    ...[
      { stored: few, time: early },
      { stored: many / 2, time: middle },
      { stored: many, time: late },
    ].map(({ stored, time }) => ({
      figure: `  at ${write(stored)} stored rows`,
      target: '',
      summary: summarize([time]),
      unit: 'µs a row',
    })),
  ];
}

function microsecondsARow(progress: SyncRun['progress'], from: number, to: number): number {
  const first = progress.find(({ rows }) => rows >= from);
  const last = progress.find(({ rows }) => rows >= to);
  if (first === undefined || last === undefined) return NaN;
  return ((last.atMs - first.atMs) * 1000) / (last.rows - first.rows);
}

function write(rows: number): string {
  return rows.toLocaleString('en-US');
}
