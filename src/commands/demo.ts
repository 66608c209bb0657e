import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { parseConfig } from '../config/config.ts';
import type { Database } from '../database/client.ts';
import { openEmbeddedPostgres } from '../database/embedded.ts';
import type { SyncEvent } from '../ingest/events.ts';
import { followAccounts, runPass } from '../ingest/service.ts';
import { withConnections, type Connections } from '../ingest/session.ts';
import { loadStatus } from '../ingest/status.ts';
import { createLogger } from '../logger.ts';
import { createScheduler } from '../scheduler.ts';
import type { Simulator } from '../simulator/simulator.ts';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { createConfigOptions } from './settings.ts';
import { withSession, type Session } from './session.ts';
import { createPullDisplay } from './terminal/pulling.ts';
import { renderPasses, renderStatus } from './terminal/streams.ts';
import { renderTable } from './terminal/table.ts';
import { formatMoment, formatNumber } from './terminal/words.ts';

const account = 'demo';

/** `demo`: everything on this machine, then the live tail until Ctrl-C. */
export function addDemo(program: Command, context: CommandContext): void {
  const command = program
    .command('demo')
    .description(
      'see it work: an embedded Postgres, a simulated Zendesk account, 90 days of both logs',
    )
    .option('--once', 'end after the first complete pass')
    .action(async ({ once = false }: { readonly once?: boolean }) =>
      context.finish(await runDemo(context, once)),
    );
  addExample(command, 'zendesk-log-sync demo --once');
}

async function runDemo(context: CommandContext, once: boolean): Promise<number> {
  const { database } = context.readLocalConfig();
  const parent = database.kind === 'embedded' ? database.dataDirectory : './data';
  const directory = join(parent, 'demo');
  await rm(directory, { recursive: true, force: true });
  const { startSimulator } = await import('../simulator/simulator.ts');
  const postgres = await openEmbeddedPostgres({ dataDir: directory, durable: false });
  const simulator = await startSimulator({
    subdomain: account,
    // The lively tail begins at the anchor's next full minute: nobody is to wait for it.
    anchor: new Date(Date.now() - 60_000),
    agents: 60,
    accessLogDays: 90,
    accessLogRowsPerDay: 1000,
    accessLogLiveRowsPerMinute: 40,
    auditLogDays: 120,
    auditLogRowsPerDay: 50,
  });
  context.print(
    `PostgreSQL and a simulated Zendesk account with 90 days of history run on this machine.\n`,
  );
  try {
    return await withConnections(postgres.url, context.signal, (open) =>
      pullAll(context, { open, simulator, once }),
    );
  } finally {
    await simulator.stop();
    await postgres.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

type Stage = {
  readonly open: Connections;
  readonly simulator: Simulator;
  readonly once: boolean;
};

async function pullAll(context: CommandContext, stage: Stage): Promise<number> {
  const { open, simulator, once } = stage;
  const { url, db } = open;
  const { credentials } = simulator.options;
  const config = parseConfig(
    {
      ZENDESK_SUBDOMAIN: account,
      ZENDESK_BASE_URL: simulator.url,
      ZENDESK_CLIENT_ID: credentials.clientId,
      ZENDESK_CLIENT_SECRET: credentials.clientSecret,
    },
    { ...createConfigOptions(context.streams), needs: { zendesk: true } },
  );
  const log = createLogger({
    level: 'warn',
    format: 'auto',
    fileDescriptor: 2,
    isTerminal: context.stderr.isTTY === true,
  });
  const display = createPullDisplay(context, config.streams);
  let shown = display.report;
  const options = { log, report: (event: SyncEvent) => shown(event) };
  return withSession(context, config, open, options, async (session) => {
    const startedMs = Date.now();
    const passes = await runPass(session.workers, context.signal).finally(() => display.end());
    shown = () => {};
    if (context.signal.aborted) return 1;
    context.print(`\nFirst complete pass in ${((Date.now() - startedMs) / 1000).toFixed(1)} s.\n`);
    context.print(renderPasses(passes));
    context.print(
      renderStatus(await loadStatus(db, context.streams, account), context.streams, new Date()),
    );
    context.print(await answerExamples(db));
    context.print(`Ask your own questions while the demo runs:\n\n  psql '${url}'\n`);
    if (!passes.every(({ complete }) => complete)) return 1;
    if (!once) await followTail(context, session);
    return 0;
  });
}

/** Follows the live tail every few seconds and says what came. */
async function followTail(context: CommandContext, session: Session): Promise<void> {
  const { engine } = session;
  context.print('Following the live tail. Ctrl-C ends the demo and removes its data.');
  const schedules = Object.fromEntries(
    context.streams.map(({ name, schedule }) => [name, schedule.demoCron]),
  );
  const timer = setInterval(() => {
    loadStatus(engine.db, context.streams, account)
      .then((rows) => {
        const counts = rows
          .map(({ stream, rows: stored }) => `${stream} ${formatNumber(stored)}`)
          .join('   ');
        context.print(`${new Date().toISOString().slice(11, 19)}   ${counts}`);
      })
      .catch(() => {});
  }, 10_000);
  const followed = [{ session, schedules }];
  await followAccounts(followed, createScheduler(), engine.log, context.signal).finally(() =>
    clearInterval(timer),
  );
}

/** Four columns then fit in 80 characters. */
const widestCell = 20;

type Question = { readonly text: string; readonly sql: string };

/** A few of the questions that people keep these logs for. */
const questions: readonly Question[] = [
  {
    text: 'Which settings were changed last, and by whom?',
    sql: `select created_at as "When", actor_name as "Who", source_label as "What", change_description as "Change"
      from zendesk.audit_logs
      where account = $1 and source_type = 'account_setting'
      order by created_at desc limit 3`,
  },
  {
    text: 'Who opened the most tickets in the last seven days?',
    sql: `select u.name as "Who", u.role as "Role", count(distinct ticket) as "Tickets", count(*) as "Requests"
      from zendesk.access_logs l
      cross join lateral substring(l.url from '^/api/v2/tickets/(\\d+)') as ticket
      left join zendesk.users u on u.account = l.account and u.id = l.user_id
      where l.account = $1 and l.timestamp > now() - interval '168 hours' and ticket is not null
      group by u.name, u.role
      order by 3 desc limit 3`,
  },
  {
    text: 'Who has left the team, and when was it noticed?',
    sql: `select name as "Who", role as "Last role", departed_at as "Noticed", last_login_at as "Last sign-in"
      from zendesk.users
      where account = $1 and (departed_at is not null or not active)
      order by departed_at desc nulls last, id limit 3`,
  },
];

/** Asks the questions and renders each with its answer. */
async function answerExamples(db: Database): Promise<string> {
  const answers = [];
  for (const { text, sql } of questions) {
    const rows = await db.query<Record<string, unknown>>(sql, [account]);
    const head = Object.keys(rows[0] ?? { 'No rows': '' });
    const body = rows.map((row) => head.map((name) => formatCell(row[name])));
    answers.push(`\n${text}\n${renderTable(head, body)}`);
  }
  return `${answers.join('\n')}\n`;
}

function formatCell(value: unknown): string {
  if (value instanceof Date) return formatMoment(value);
  if (typeof value !== 'string' && typeof value !== 'number') return '';
  const text = String(value).replaceAll(/\s+/g, ' ');
  return text.length > widestCell ? `${text.slice(0, widestCell - 1)}…` : text;
}
