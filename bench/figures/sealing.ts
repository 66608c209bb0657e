import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { sealWaiting, type Sealing } from '../../src/evidence/sealed-log.ts';
import type { SimulatorSettings } from '../../src/simulator/simulator.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import type { Figure, Line } from '../figure.ts';
import { alternate, divide, summarize } from '../samples.ts';
import { createBenchEngine, startRemoteSimulator, withStage, type Stage } from '../stage.ts';
import { measureBackfill } from './backfill.ts';
import { measureEvidence, sizeEvidence } from './evidence.ts';
import { readServerSeconds } from './processor-time.ts';

const leastRatio = 0.9;
const days = 30;

/** What the sealed log costs: while rows are stored, on the disk, and when they are checked or proven. */
export const sealingFigure: Figure = {
  name: 'sealing',
  async measure(effort) {
    const wanted = effort === 'tiny' ? 3000 : 300_000;
    const simulator = await startRemoteSimulator(settingsOf(wanted));
    try {
      return await withStage(async (stage) => {
        const few = await sealFew(stage, wanted / 10);
        const spent: Record<Way, number[]> = { without: [], sealed: [] };
        const samples = await alternate(effort === 'tiny' ? 0 : 5, {
          without: () => pull(stage, simulator.url, 'without', spent),
          sealed: () => pull(stage, simulator.url, 'sealed', spent),
        });
        await sealAll(stage);
        return [...describe(samples, spent), ...(await measureEvidence(stage.db, effort, few))];
      });
    } finally {
      await simulator.stop();
    }
  },
};

function settingsOf(rows: number): SimulatorSettings {
  return {
    accessLogDays: days,
    accessLogRowsPerDay: rows / days,
    auditLogRowsPerDay: 0,
    anchor: new Date(),
    limits: false,
    requestLogSize: 1,
  };
}

/** A log of fewer rows, and what it takes. */
async function sealFew(stage: Stage, rows: number): ReturnType<typeof sizeEvidence> {
  const simulator = await startRemoteSimulator(settingsOf(rows));
  try {
    await measureBackfill(stage, createBenchEngine(stage, simulator.url));
  } finally {
    await simulator.stop();
  }
  await sealAll(stage);
  return sizeEvidence(stage.db);
}

type Way = 'without' | 'sealed';

const origin = 'acme/zendesk-log-sync';
const sealing: Sealing = {
  account: 'acme',
  origin,
  key: makeSigningKey(origin),
  logs: [accessLogs],
};

/** Rows a second of a backfill, in which the sealer works as in the product; `spent` gets the processor time of a row. */
async function pull(
  stage: Stage,
  url: string,
  way: Way,
  spent: Record<Way, number[]>,
): Promise<number> {
  const engine = { ...createBenchEngine(stage, url), seals: way === 'sealed' };
  const serverBefore = await readServerSeconds(stage.db);
  const programBefore = process.cpuUsage();
  const sealer = setInterval(() => void sealWaiting(stage.db, sealing).catch(() => {}), 2000);
  const rate = await measureBackfill(stage, engine).finally(() => clearInterval(sealer));
  const { user, system } = process.cpuUsage(programBefore);
  const server = ((await readServerSeconds(stage.db)) - serverBefore) * 1e6;
  spent[way].push(user + system + server);
  return rate;
}

/** What still waits. */
async function sealAll({ db }: Stage): Promise<void> {
  while ((await sealWaiting(db, sealing)) !== 0);
}

function describe(samples: Record<Way, number[]>, spent: Record<Way, number[]>): Line[] {
  const ratio = summarize(divide(samples.sealed, samples.without));
  // The first round warms up, where there are more.
  const [sealed, without] = [spent.sealed, spent.without].map((each) =>
    each.slice(-samples.sealed.length),
  );
  return [
    {
      figure: 'Backfill with the sealed log / without it',
      target: `≥ ${leastRatio.toFixed(2)} ×`,
      summary: ratio,
      unit: '×',
      reached: ratio.median >= leastRatio,
    },
    {
      figure: '  with the sealed log',
      target: '',
      summary: summarize(samples.sealed),
      unit: 'rows/s',
    },
    { figure: '  without it', target: '', summary: summarize(samples.without), unit: 'rows/s' },
    {
      figure: '  processor time of the program and of Postgres, with / without',
      target: '',
      summary: summarize(divide(sealed ?? [], without ?? [])),
      unit: '×',
    },
  ];
}
