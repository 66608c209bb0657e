import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type Database } from '../../src/database/client.ts';
import { openEmbeddedPostgres } from '../../src/database/embedded.ts';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { expandSql, readDashboards } from '../../test/support/dashboards.ts';
import type { Effort, Figure, Line } from '../figure.ts';
import { summarize } from '../samples.ts';
import { readServerSeconds } from './processor-time.ts';
import { fillViews } from './view-rows.ts';

const mostMs = 1000;
const mostWithoutTimeMs = 5000;
const rounds = 3;

type Question = { readonly what: string; readonly text: string; readonly mostMs: number };

/** Folder with the databases, which may be kept for the next time; without it they are made and removed. */
const { BENCH_VIEWS_DIR } = process.env;

/**
 * What people ask of the views about 30 days, with each filter that the columns invite, on both versions of Postgres: processor
 * time, and the partitions that were read.
 */
export const viewsFigure: Figure = {
  name: 'views',
  async measure(effort) {
    const lines: Line[] = [];
    const versions = [
      { name: '18', binariesDir: undefined },
      { name: '15', binariesDir: '/usr/lib/postgresql/15/bin' },
    ].filter(({ binariesDir }) => binariesDir === undefined || existsSync(binariesDir));
    for (const { name, binariesDir } of versions)
      lines.push(
        ...(await withFilled(name, binariesDir, effort, (db) => askAll(db, name, effort))),
      );
    return lines;
  },
};

async function withFilled(
  name: string,
  binariesDir: string | undefined,
  effort: Effort,
  work: (db: Database) => Promise<Line[]>,
): Promise<Line[]> {
  const isKept = BENCH_VIEWS_DIR !== undefined && effort === 'full';
  const dataDir = isKept
    ? join(BENCH_VIEWS_DIR, name)
    : await mkdtemp(join(tmpdir(), 'zls-bench-'));
  const postgres = await openEmbeddedPostgres({ dataDir, binariesDir, durable: false });
  const db = openDatabase({ url: postgres.url, queryTimeoutMs: 1_800_000 });
  try {
    await migrateDatabase(postgres.url);
    await fillViews(db, effort === 'tiny' ? 3000 : 1e7);
    return await work(db);
  } finally {
    await db.close();
    await postgres.stop();
    if (!isKept) await rm(dataDir, { recursive: true, force: true });
  }
}

async function askAll(db: Database, version: string, effort: Effort): Promise<Line[]> {
  const lines: Line[] = [];
  for (const { what, text, mostMs: target } of listQuestions()) {
    const answers: Answer[] = [];
    for (let round = effort === 'tiny' ? rounds : 0; round <= rounds; round += 1)
      answers.push(await answer(db, text));
    const warm = answers.length > 1 ? answers.slice(1) : answers;
    const summary = summarize(warm.map(({ ms }) => ms));
    const { rows, partitions, plan } = warm.at(-1) ?? { rows: 0, partitions: 0, plan: '' };
    lines.push({
      figure: `Postgres ${version}, ${what} (${rows.toLocaleString('en-US')} rows, ${partitions} partitions read)`,
      target: `≤ ${target} ms`,
      summary,
      unit: 'ms of processor time',
      reached: summary.median <= target,
      detail: plan,
    });
  }
  return lines;
}

type Answer = {
  readonly ms: number;
  readonly rows: number;
  readonly partitions: number;
  readonly plan: string;
};

/** Processor time of the whole server, which says the same on a busy machine as on an idle one. */
async function answer(db: Database, text: string): Promise<Answer> {
  const before = await readServerSeconds(db);
  const lines = await db.query<Record<string, string>>(
    `explain (analyze, buffers, timing off) ${text}`,
  );
  const seconds = (await readServerSeconds(db)) - before;
  const plan = lines.map((line) => Object.values(line)[0] ?? '');
  const read = plan
    .filter((line) => !line.includes('never executed'))
    .flatMap((line) => /Scan.* on (\w+_\d{4}(?:_\d\d)?)\b/.exec(line)?.[1] ?? []);
  return {
    ms: seconds * 1000,
    rows: Number(/rows=(\d+)(?:\.\d+)? loops/.exec(plan[0] ?? '')?.[1]),
    partitions: new Set(read).size,
    plan: plan.join('\n'),
  };
}

const month = (time: string): string => `${time} >= now() - interval '30 days'`;
const person = 'Agent 7';

function dayBefore(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}

function listQuestions(): readonly Question[] {
  return [...listViewQuestions(), ...listDashboardQuestions(), ...listTimelessQuestions()];
}

function listViewQuestions(): readonly Question[] {
  const ask = (view: string, time: string, filters: Readonly<Record<string, string>>) =>
    Object.entries(filters).map(([filter, condition]) => ({
      what: `${view} of 30 days, ${filter}`,
      text: `select * from zendesk.${view} where ${month(time)} and ${condition} order by ${time} desc limit 500`,
      mostMs,
    }));
  const account = `account = 'acme'`;
  return [
    ...ask('access_findings', 'created_at', {
      account,
      rule: `rule = 'off_hours_access'`,
      rules: `rule in ('new_client', 'new_network', 'risky_search')`,
      severity: `severity = 'high'`,
      'person by id': 'actor_id = 7',
      'person by name': `actor_name = '${person}'`,
    }),
    ...ask('audit_findings', 'created_at', {
      account,
      rule: `rule = 'off_hours_change'`,
      'person by name': `actor_name = '${person}'`,
    }),
    ...ask('access_events', 'timestamp', {
      'all accounts': 'true',
      account,
      'person by id': 'user_id = 7',
      'person by name': `user_name = '${person}'`,
      resource: `resource_type = 'ticket' and resource_id = '4711'`,
      address: `ip_address = '10.0.0.7'`,
      'address of a network': `ip_address <<= '10.0.0.0/29'`,
      'address as text': `address = '10.0.0.7'`,
      'kind, one in 2,000': `kind = 'export'`,
      'kind without a row': `kind = 'noise'`,
      denied: 'is_denied',
    }),
    ...ask('access_visits', 'first_at', {
      'all accounts': 'true',
      account,
      'person by id': 'user_id = 7',
      'person by name': `user_name = '${person}'`,
      resource: `resource_type = 'ticket' and resource_id = '4711'`,
      denied: 'is_denied',
    }),
    {
      what: 'access_visits of a day 70 days ago',
      text: `select * from zendesk.access_visits where day = '${dayBefore(70)}' order by first_at desc limit 500`,
      mostMs,
    },
    ...ask('access_searches', 'timestamp', {
      account,
      'person by id': 'user_id = 7',
      'person by name': `user_name = '${person}'`,
    }),
    ...ask('access_logs', 'timestamp', { account, address: `ip_address = '10.0.0.7'` }),
    ...ask('access_log_resources', 'timestamp', {
      account,
      'person by id': 'user_id = 7',
      resource: `resource_type = 'ticket' and resource_id = '4711'`,
      kind: `kind = 'export'`,
    }),
    ...ask('audit_events', 'created_at', {
      account,
      'person by id': 'actor_id = 7',
      'person by name': `actor_name = '${person}'`,
      address: `ip_address = '10.0.0.7'`,
      'kind of thing': `source_type = 'account_setting'`,
    }),
    ...ask('sign_ins', 'created_at', { account, person: `user_id = 7` }),
    {
      what: 'agent_day of 30 days with names',
      text: `select u.name, sum(d.requests) from zendesk.agent_day d
        left join zendesk.users u on u.account = d.account and u.id = d.user_id
        where d.account = 'acme' and d.day >= (now() - interval '30 days')::date group by u.name order by 2 desc limit 50`,
      mostMs,
    },
  ];
}

function listDashboardQuestions(): readonly Question[] {
  const to = new Date();
  const situation = {
    from: new Date(to.getTime() - 30 * 86_400_000),
    to,
    variables: { account: 'acme', actor: '', resource_type: 'ticket', resource_id: '4711' },
  };
  return [...readDashboards()].flatMap(([file, { panels }]) =>
    panels.flatMap(({ title, targets }) =>
      (targets ?? []).flatMap(({ rawSql }) =>
        rawSql === undefined
          ? []
          : [{ what: `${file}: ${title}`, text: expandSql(rawSql, situation), mostMs }],
      ),
    ),
  );
}

function listTimelessQuestions(): readonly Question[] {
  const ask = (what: string, text: string): Question => ({
    what: `${what}, without a time`,
    text,
    mostMs: mostWithoutTimeMs,
  });
  return [
    ask('access_findings counted', 'select count(*) from zendesk.access_findings'),
    ...['access_findings', 'access_events', 'access_visits', 'access_searches', 'audit_events'].map(
      (view) => ask(`the first of ${view}`, `select * from zendesk.${view} limit 500`),
    ),
    ask(
      'access_events of a person by name',
      `select * from zendesk.access_events where user_name = '${person}' limit 500`,
    ),
    ask(
      'access_visits to a resource',
      `select * from zendesk.access_visits where resource_type = 'ticket' and resource_id = '4711' limit 500`,
    ),
    ask(
      'requests of an address',
      `select count(*) from zendesk.access_logs where ip_address = '10.0.0.7'`,
    ),
  ];
}
