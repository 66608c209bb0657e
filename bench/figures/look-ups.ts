import type { Database } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import type { Effort, Line } from '../figure.ts';
import { summarize } from '../samples.ts';

const mostLookUpMs = 20;
const mostDashboardMs = 500;

/** A query with its values, as an analyst would ask it. */
export type Question = {
  readonly what: string;
  readonly text: string;
  readonly values: readonly unknown[];
};

/** Look-ups of single resources, warm, with their plans. Fills the audit log with as many rows as the access log has. */
export async function measureLookUps(db: Database, rows: number, effort: Effort): Promise<Line[]> {
  await fillAuditLog(db, rows);
  // The busiest one, so that no other takes longer.
  const [ticket] = await db.query<{ id: string }>(
    `select resource_id as id from zendesk.resource_day where resource_type = 'ticket'
     group by resource_id order by sum(accesses) desc limit 1`,
  );
  const [agent] = await db.query<{ id: string; day: string }>(
    'select user_id::text as id, day::text from zendesk.agent_day order by requests desc limit 1',
  );
  const questions: Question[] = [
    {
      what: 'Who accessed the busiest ticket in 90 days',
      text: `select r.timestamp, r.user_id, u.name, r.kind, r.status
        from zendesk.access_log_resources r
        left join zendesk.users u on u.account = r.account and u.id = r.user_id
        where r.account = 'acme' and r.resource_type = 'ticket' and r.resource_id = $1
          and r.timestamp >= now() - interval '90 days'
        order by r.timestamp`,
      values: [ticket?.id ?? ''],
    },
    {
      what: 'The busiest day of an agent',
      text: `select timestamp, method, status, url, ip_address from zendesk.access_logs
        where account = 'acme' and user_id = $1 and timestamp >= $2::date and timestamp < $2::date + 1
        order by timestamp`,
      values: [agent?.id ?? '0', agent?.day ?? '2026-01-01'],
    },
    {
      what: 'The latest 100 changes of an actor',
      text: `select created_at, action, source_type, source_label, change_description from zendesk.audit_logs
        where account = 'acme' and actor_id = $1 order by created_at desc limit 100`,
      values: ['7'],
    },
  ];
  return measure(db, questions, mostLookUpMs, effort);
}

/** Queries of a dashboard about a month, on the rollups. */
export async function measureDashboards(db: Database, effort: Effort): Promise<Line[]> {
  const month = `account = 'acme' and day >= current_date - 30`;
  const ask = (what: string, text: string): Question => ({ what, text, values: [] });
  const questions = [
    ask(
      'Dashboard: requests a day by kind',
      `select day, sum(requests) as requests, sum(views) as views, sum(searches) as searches, sum(exports) as exports,
         sum(denied) as denied from zendesk.agent_day where ${month} group by day order by day`,
    ),
    ask(
      'Dashboard: the 20 agents with the most different tickets',
      `select a.user_id, u.name, sum(a.tickets) as tickets from zendesk.agent_day a
       left join zendesk.users u on u.account = a.account and u.id = a.user_id
       where a.account = 'acme' and a.day >= current_date - 30
       group by 1, 2 order by 3 desc limit 20`,
    ),
    ask(
      'Dashboard: the 20 tickets with the most accesses',
      `select resource_id, sum(accesses) as accesses, max(agents) as agents from zendesk.resource_day
       where ${month} and resource_type = 'ticket' group by 1 order by 2 desc limit 20`,
    ),
    ask(
      'Dashboard: accesses a day by type of resource',
      `select day, resource_type, sum(accesses) as accesses from zendesk.resource_day where ${month}
       group by 1, 2 order by 1, 2`,
    ),
    ask(
      'Dashboard: changes a day by type',
      `select day, source_type, sum(changes) as changes from zendesk.audit_day where ${month} group by 1, 2 order by 1, 2`,
    ),
  ];
  return measure(db, questions, mostDashboardMs, effort);
}

/** Rounds; the first one warms up. */
const rounds = { tiny: 2, full: 8 };

/** Asks each question several times, and tells its plan. */
export async function measure(
  db: Database,
  questions: readonly Question[],
  mostMs: number,
  effort: Effort,
): Promise<Line[]> {
  const lines: Line[] = [];
  for (const question of questions) {
    const answered: Answer[] = [];
    for (let round = 0; round < rounds[effort]; round += 1)
      answered.push(await answer(db, question));
    const [, ...warm] = answered;
    const database = summarize(warm.map(({ databaseMs }) => databaseMs));
    const { rows, plan } = warm.at(-1) ?? { rows: 0, plan: '' };
    lines.push({
      figure: `${question.what} (${rows.toLocaleString('en-US')} rows in the answer)`,
      target: `≤ ${mostMs} ms`,
      summary: database,
      unit: 'ms',
      reached: database.median <= mostMs,
      detail: plan,
    });
    lines.push({
      figure: '  with all rows read by a client in JavaScript',
      target: '',
      summary: summarize(warm.map(({ clientMs }) => clientMs)),
      unit: 'ms',
    });
  }
  return lines;
}

/** One answer: the time of the server, and the time until the client had all its rows. */
type Answer = {
  readonly databaseMs: number;
  readonly clientMs: number;
  readonly rows: number;
  readonly plan: string;
};

async function answer(db: Database, { text, values }: Question): Promise<Answer> {
  const started = performance.now();
  const { length: rows } = await db.query(text, values);
  const clientMs = performance.now() - started;
  const lines = await db.query<Record<string, string>>(
    `explain (analyze, buffers, costs off) ${text}`,
    values,
  );
  const plan = lines.map((line) => Object.values(line)[0] ?? '').join('\n');
  const took = (what: string): number =>
    Number(new RegExp(`^${what} Time: ([\\d.]+) ms$`, 'm').exec(plan)?.[1]);
  return { databaseMs: took('Planning') + took('Execution'), clientMs, rows, plan };
}

/** Made by Postgres itself: no query on these rows depends on their texts. Actor 7 is one of 200. */
async function fillAuditLog(db: Database, rows: number): Promise<void> {
  const end = Date.now();
  const yearMs = 365 * 86_400_000;
  const years = [0, 1, 2].map((back) => end - back * yearMs);
  await createPartitionKeeper(db)(auditLogs.table, years);
  const [actors, stepSeconds] = [200, (2 * yearMs) / 1000 / rows];
  await db.query(
    `insert into zendesk.audit_logs (account, id, created_at, action, action_label, actor_id, actor_name,
       change_description, ip_address, source_id, source_label, source_type, url)
     select 'acme', n, to_timestamp($1::float8 - n * $2::float8), 'update', 'Updated', 1 + n * 7919 % $3, 'An Actor',
       'Changed from ' || n || ' minutes to ' || n + 10 || ' minutes', '203.0.113.7', n % 5000,
       'Setting number ' || n % 5000, 'account_setting', '/api/v2/audit_logs/' || n
     from generate_series(1, $4::bigint) as n`,
    [end / 1000, stepSeconds, actors, rows],
  );
  await db.query('vacuum (analyze) zendesk.audit_logs');
  await db.query(
    `insert into zendesk.audit_day
     select account, (created_at at time zone 'UTC')::date, source_type, action, actor_id, count(*), min(created_at),
       max(created_at)
     from zendesk.audit_logs group by 1, 2, 3, 4, 5`,
  );
}
