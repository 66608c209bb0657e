import { examine, renewFindings } from '../../src/ingest/findings/examine.ts';
import { markAll } from '../../src/ingest/findings/marks.ts';
import { refreshRollups } from '../../src/ingest/rollups.ts';
import { createStreamWorker } from '../../src/ingest/worker.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import type { Figure } from '../figure.ts';
import { summarize } from '../samples.ts';
import { createBenchEngine, startRemoteSimulator, withStage } from '../stage.ts';
import { measure as ask, type Question } from './look-ups.ts';
import { readServerSeconds } from './processor-time.ts';

const signal = new AbortController().signal;
const logs = [auditLogs, accessLogs];
const days = 30;
const mostMicroseconds = 30;
const mostMicrosecondsOfRollups = 2;
const mostAnswerMs = 1000;

const month = `created_at >= now() - interval '30 days'`;
const shown = 'select created_at, severity, rule, actor_name, summary from';
const last = 'order by created_at desc limit 500';

/** What an investigator opens first: 30 days, by each column that invites a filter. */
const questions: readonly Question[] = [
  ['all', 'true'],
  ['of a rule', `rule = 'off_hours_access'`],
  ['of some rules', `rule in ('new_client', 'new_network', 'risky_search')`],
  ['of a severity', `severity = 'high'`],
  ['of an account', `account = 'acme'`],
  [
    'of a person by id',
    `actor_id = (select user_id from zendesk.agent_day order by requests desc limit 1)`,
  ],
  ['of a person by name', `actor_name = 'Agent 7'`],
].map(([filter, condition]) => ({
  what: `Findings of 30 days, ${filter}`,
  text: `${shown} zendesk.access_findings where ${month} and ${condition} ${last}`,
  values: [],
}));

/** Without a time. */
const everything: readonly Question[] = [
  {
    what: 'Findings counted without a time',
    text: 'select count(*) from zendesk.access_findings',
    values: [],
  },
];

const markDays = `insert into zendesk_sync.stale_days (account, stream, day)
  select account, stream, day from zendesk_sync.stored_days where account = $1`;

/** What it costs to count all days, and to have the rules look at rows: all of a month, and once more after a change of all rules. */
export const findingsFigure: Figure = {
  name: 'findings',
  async measure(effort) {
    const wanted = effort === 'tiny' ? 6000 : 300_000;
    const simulator = await startRemoteSimulator({
      accessLogDays: days,
      accessLogRowsPerDay: wanted / days,
      auditLogRowsPerDay: 100,
      auditLogDays: days,
      anchor: new Date(),
      limits: false,
      requestLogSize: 1,
    });
    try {
      return await withStage(async (stage) => {
        const engine = createBenchEngine(stage, simulator.url);
        for (const log of logs) {
          const worker = createStreamWorker(engine, log);
          await worker.follow(signal);
          await worker.fill(signal);
        }
        await engine.zendesk.close();
        await stage.db.query('analyze zendesk.access_logs, zendesk.access_log_resources');
        const [stored] = await stage.db.query<{ rows: number; found: number }>(
          'select count(*)::float8 as rows from zendesk.access_logs',
        );
        const rows = stored?.rows ?? 1;
        const measure = async (work: () => Promise<unknown>): Promise<number> => {
          const before = await readServerSeconds(stage.db);
          await work();
          return (((await readServerSeconds(stage.db)) - before) * 1e6) / rows;
        };
        const counted = await measure(() => refreshRollups(stage.db, engine.account, logs));
        const countedAgain = await measure(async () => {
          await stage.db.query(markDays, [engine.account]);
          await refreshRollups(stage.db, engine.account, logs);
        });
        const first = await measure(() => examine(stage.db, engine.account, logs));
        const again = await measure(async () => {
          const always = { from: new Date(0), until: new Date() };
          await markAll(stage.db, engine.account, always, undefined);
          return renewFindings(stage.db, engine.account, logs);
        });
        const [found] = await stage.db.query<{ rows: number }>(
          'select count(*)::float8 as rows from zendesk.findings',
        );
        const line = (figure: string, target: string, value: number, reached?: boolean) => ({
          figure,
          target,
          summary: summarize([value]),
          unit: 'µs a row',
          ...(reached === undefined ? {} : { reached }),
        });
        return [
          line(
            `Rollups of ${rows.toLocaleString('en-US')} requests: processor time of Postgres`,
            `≤ ${mostMicrosecondsOfRollups} µs`,
            counted,
            counted <= mostMicrosecondsOfRollups,
          ),
          line('  counted again, and nothing differs', '', countedAgain),
          line(
            `Findings of ${rows.toLocaleString('en-US')} requests (${found?.rows}): processor time of Postgres`,
            `≤ ${mostMicroseconds} µs`,
            first,
            first <= mostMicroseconds,
          ),
          line('  made again after a change of all rules', '', again),
          ...(await ask(stage.db, questions, mostAnswerMs, effort)),
          ...(await ask(stage.db, everything, 5 * mostAnswerMs, effort)),
        ];
      });
    } finally {
      await simulator.stop();
    }
  },
};
