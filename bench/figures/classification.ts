import type { Classify } from '../../src/classification/classification.ts';
import type { SimulatorSettings } from '../../src/simulator/simulator.ts';
import type { Figure, Line } from '../figure.ts';
import { alternate, divide, summarize } from '../samples.ts';
import { measureBackfill } from './backfill.ts';
import {
  createBenchEngine,
  startRemoteSimulator,
  usualClassify,
  withStage,
  type Stage,
} from '../stage.ts';

const leastRatio = 0.9;
const days = 30;
const nothing: ReturnType<Classify> = { kind: 'noise', resources: [], searchQuery: null };

/** The cost of classifying requests while they are pulled, and what it would cost in SQL. */
export const classificationFigure: Figure = {
  name: 'classification',
  async measure(effort) {
    const wanted = effort === 'tiny' ? 3000 : 300_000;
    const options: SimulatorSettings = {
      accessLogDays: days,
      accessLogRowsPerDay: wanted / days,
      auditLogRowsPerDay: 0,
      anchor: new Date(),
      limits: false,
      requestLogSize: 1,
    };
    const classify = usualClassify;
    const simulator = await startRemoteSimulator(options);
    try {
      return await withStage(async (stage) => {
        const samples = await alternate(effort === 'tiny' ? 0 : 4, {
          without: () => pull(stage, simulator.url, () => nothing),
          made: () =>
            pull(stage, simulator.url, (request) => {
              classify(request);
              return nothing;
            }),
          stored: () => pull(stage, simulator.url, classify),
        });
        return [...describe(samples), ...(await compareWithSql(stage, classify))];
      });
    } finally {
      await simulator.stop();
    }
  },
};

function pull(stage: Stage, url: string, classify: Classify): Promise<number> {
  return measureBackfill(stage, { ...createBenchEngine(stage, url), classify });
}

function describe({
  without,
  made,
  stored,
}: Record<'without' | 'made' | 'stored', number[]>): Line[] {
  const whole = summarize(divide(stored, without));
  return [
    {
      figure: 'Backfill with what requests were about found and stored / without either',
      target: `≥ ${leastRatio.toFixed(2)} ×`,
      summary: whole,
      unit: '×',
      reached: whole.median >= leastRatio,
    },
    {
      figure: '  found, but not stored / without either',
      target: '',
      summary: summarize(divide(made, without)),
      unit: '×',
    },
    { figure: '  without either', target: '', summary: summarize(without), unit: 'rows/s' },
  ];
}

/** All rules in the program compared with a single regular expression in Postgres, over the stored requests. */
async function compareWithSql({ db }: Stage, classify: Classify): Promise<Line[]> {
  const rows = await db.query<Parameters<Classify>[0]>(
    `select method, url, graphql_operation_name, graphql_operation_type, graphql_query, graphql_variables, user_id
     from zendesk.access_logs order by timestamp limit 50000`,
  );
  const read = `from (select url from zendesk.access_logs order by timestamp limit ${rows.length}) as l`;
  const samples = await alternate(5, {
    program: async () => measure(rows.length, () => rows.forEach((row) => void classify(row))),
    reading: () => measure(rows.length, () => db.query(`select count(url) ${read}`)),
    expression: () =>
      measure(rows.length, () =>
        db.query(`select count(regexp_match(url, '^/api/v2/([a-z_]+)/([0-9]+)')) ${read}`),
      ),
  });
  const sql = samples.expression.map((time, round) => time - (samples.reading[round] ?? NaN));
  return [
    {
      figure: '  time of the program to find it, all rules',
      target: '',
      summary: summarize(samples.program),
      unit: 'µs a row',
    },
    {
      figure: '  time of Postgres for a single regular expression on the url',
      target: '',
      summary: summarize(sql),
      unit: 'µs a row',
    },
  ];
}

async function measure(rows: number, work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return ((performance.now() - started) * 1000) / rows;
}
