import type { Config } from '../config/config.ts';
import { refuseInput } from '../errors.ts';
import { createHeartbeat } from '../http/heartbeat.ts';
import { loadStatus, type StreamStatus } from '../ingest/status.ts';
import type { Log } from '../logger.ts';
import type { Connections } from '../ingest/session.ts';
import { runPass, type StreamPass } from '../ingest/service.ts';
import type { Stream } from '../streams/stream.ts';
import { createAccountsDisplay } from './accounts-display.ts';
import type { CommandContext } from './context.ts';
import { renderPasses, renderStatus, toJson } from './report.ts';
import { withDatabase, withSessions } from './session.ts';

/** How `sync` was asked to work. */
export type SyncFlags = { readonly account?: string; readonly json?: boolean };

/** `sync`: one complete pass over all accounts, or the one named. Status 0 only if every stream asked for is complete. */
export async function runSync(
  context: CommandContext,
  asked: readonly string[],
  { account, json = false }: SyncFlags,
): Promise<number> {
  const configs = account === undefined ? context.readConfigs() : [context.readConfig(account)];
  const [common] = configs;
  if (common === undefined) throw new Error('There is no account.');
  const streams = asked.length === 0 ? undefined : chooseStreams(asked, context.streams);
  const log = context.openLog({ ...common, log: quieter(common.log) }, 'stderr');
  const heartbeat = createHeartbeat(common.heartbeatUrl, log);
  heartbeat.begin();
  let complete = false;
  try {
    const results = await withDatabase(common, log, context.signal, (open) =>
      pullOnce(context, configs, streams, open, log),
    );
    complete = results.every((result) => result.complete);
    if (json) context.print(toJson(describeResults(results, complete)));
    else for (const result of results) printResult(context, result, results.length > 1);
  } finally {
    heartbeat.end(complete);
  }
  return complete ? 0 : 1;
}

/** What a pass over one account came to. */
type Result = {
  readonly account: string;
  readonly complete: boolean;
  readonly passes: readonly StreamPass[];
  readonly status: readonly StreamStatus[];
};

async function pullOnce(
  context: CommandContext,
  configs: readonly Config[],
  streams: readonly Stream[] | undefined,
  open: Connections,
  log: Log,
): Promise<readonly Result[]> {
  const shown = streams ?? configs[0]?.streams ?? [];
  const display = createAccountsDisplay(context, configs.length, shown);
  const asked = streams === undefined ? {} : { pulled: streams };
  const options = { log, report: display.report, ...asked };
  const pulled = await withSessions(context, configs, open, options, (sessions) =>
    Promise.all(
      sessions.map(async ({ engine, workers }) => {
        const passes = await runPass(workers, context.signal);
        display.noteDone();
        return { account: engine.account, passes };
      }),
    ),
  ).finally(() => display.end());
  return Promise.all(pulled.map((result) => judge(open, context.streams, result)));
}

async function judge(
  { db }: Connections,
  streams: readonly Stream[],
  { account, passes }: Pick<Result, 'account' | 'passes'>,
): Promise<Result> {
  const pulled = new Set(passes.map(({ stream }) => stream));
  const status = (await loadStatus(db, streams, account)).filter(({ stream }) =>
    pulled.has(stream),
  );
  const complete = passes.every((pass) => pass.complete) && status.every(({ gaps }) => gaps === 0);
  return { account, complete, passes, status };
}

function describeResults(results: readonly Result[], complete: boolean): unknown {
  const accounts = results.map(({ account, complete: done, passes, status }) => ({
    account,
    complete: done,
    streams: describePasses(passes),
    status,
  }));
  return accounts.length === 1 ? accounts[0] : { complete, accounts };
}

function printResult(context: CommandContext, result: Result, named: boolean): void {
  if (named) context.print(`${result.account}\n`);
  context.print(renderPasses(result.passes));
  context.print(renderStatus(result.status, context.streams, new Date()));
}

/** The result of a pass as `--json` prints it. */
export function describePasses(passes: readonly StreamPass[]): unknown {
  return passes.map(({ stream, complete, runs }) => ({
    stream,
    complete,
    runs: runs.map(({ task, outcome, counts, error }) => ({
      task,
      outcome,
      ...counts,
      error: error ?? null,
    })),
  }));
}

/** The streams named, in their usual order. @throws {KnownError} `bad_input` for names that are no stream */
function chooseStreams(asked: readonly string[], all: readonly Stream[]): readonly Stream[] {
  const names = all.map(({ name }) => name);
  const unknown = asked.filter((name) => !names.includes(name));
  if (unknown.length === 0) return all.filter(({ name }) => asked.includes(name));
  throw refuseInput(
    unknown.map(
      (name) =>
        `"${name}" is no stream; expected ${names.join(', ')}; name one of these or none for all.`,
    ),
  );
}

/** A command's result is on the screen; its log speaks only of trouble unless asked for more. */
export function quieter<Settings extends { level: string }>(log: Settings): Settings {
  return log.level === 'info' ? { ...log, level: 'warn' } : log;
}
