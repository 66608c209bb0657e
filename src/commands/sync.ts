import type { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { refuseInput } from '../errors.ts';
import { createHeartbeat } from '../http/heartbeat.ts';
import { confirmPass, runPass, type StreamPass } from '../ingest/service.ts';
import type { Connections } from '../ingest/session.ts';
import { loadStatus, type StreamStatus } from '../ingest/status.ts';
import type { Log } from '../logger.ts';
import type { Stream } from '../streams/stream.ts';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { explainIn, inEachDatabase, type Failure } from './databases.ts';
import { findElsewhere } from './elsewhere.ts';
import { withDatabase, withSessions } from './session.ts';
import { createPullDisplay } from './terminal/pulling.ts';
import { describePasses, listTroubles, renderPasses, renderStatus } from './terminal/streams.ts';
import { toJson } from './terminal/words.ts';

type SyncFlags = { readonly account?: string; readonly json?: boolean };

/** `sync`: one complete pass over all accounts, or the one named. Status 0 only if every stream asked for is complete. */
export function addSync(command: Command, context: CommandContext): void {
  const names = context.streams.map(({ name }) => name).join(', ');
  command
    .argument('[stream...]', `${names}(default: all of STREAMS)`)
    .option('--account <key>', 'one of the accounts in ACCOUNTS_FILE (default: all)')
    .option('--json', 'print the result as JSON')
    .action(async (asked: readonly string[], flags: SyncFlags) =>
      context.finish(await runSync(context, asked, flags)),
    );
  addExample(command, 'zendesk-log-sync sync access_logs users --json');
}

async function runSync(
  context: CommandContext,
  asked: readonly string[],
  { account, json = false }: SyncFlags,
): Promise<number> {
  const configs = account === undefined ? context.readConfigs() : [context.readConfig(account)];
  const [common] = configs;
  if (common === undefined) throw new Error('There is no account.');
  const streams = asked.length === 0 ? undefined : chooseStreams(asked, context.streams);
  const log = context.openLog(common);
  const heartbeat = createHeartbeat(common.heartbeatUrl, common.proxies, log);
  heartbeat.begin();
  let complete = false;
  try {
    const { results, failures } = await pullOnce(context, configs, streams, log);
    complete = failures.length === 0 && results.every((result) => result.complete);
    if (results.length === 0) throw failures[0]?.error;
    if (json) context.print(toJson(describeResults(results, complete)));
    else for (const result of results) printResult(context, result, configs.length > 1);
    for (const { name, error } of failures) context.printError(explainIn(name, error));
  } finally {
    heartbeat.end(complete);
  }
  return complete ? 0 : 1;
}

/** The result of a pass over one account. */
type Result = {
  readonly account: string;
  readonly complete: boolean;
  readonly passes: readonly StreamPass[];
  readonly status: readonly StreamStatus[];
};

/** What came of the accounts; one database that fails stops only its own. */
async function pullOnce(
  context: CommandContext,
  configs: readonly Config[],
  streams: readonly Stream[] | undefined,
  log: Log,
): Promise<{ readonly results: readonly Result[]; readonly failures: readonly Failure[] }> {
  const shown = streams ?? configs[0]?.streams ?? [];
  const asked = streams === undefined ? {} : { pulled: streams };
  let display: ReturnType<typeof createPullDisplay> | undefined;
  const ended = await inEachDatabase(configs, (group) =>
    withDatabase(group[0], log, context.signal, async (open) => {
      for (const reason of (await findElsewhere(context, group, open.db, log)).values())
        throw reason;
      // Nothing is shown while Postgres is awaited.
      display ??= createPullDisplay(context, shown, configs.length);
      return pullDatabase(context, group, open, { log, ...display, ...asked });
    }),
  ).finally(() => display?.end());
  return { results: ended.results.flat(), failures: ended.failures };
}

type Pulling = Omit<ReturnType<typeof createPullDisplay>, 'end'> & {
  readonly log: Log;
  readonly pulled?: readonly Stream[];
};

async function pullDatabase(
  context: CommandContext,
  configs: readonly Config[],
  open: Connections,
  options: Pulling,
): Promise<readonly Result[]> {
  const pulled = await withSessions(context, configs, open, options, async (sessions) => {
    const passed = await Promise.all(
      sessions.map(async ({ engine, workers }) => {
        const passes = await runPass(workers, context.signal);
        options.noteDone();
        return { account: engine.account, workers, passes };
      }),
    );
    return Promise.all(
      passed.map(async ({ account, workers, passes }) => ({
        account,
        passes: await confirmPass(workers, passes, context.signal),
      })),
    );
  });
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
  const { passes, status } = result;
  context.print(renderPasses(passes, context));
  context.print(renderStatus(status, context.streams, new Date(), context, listTroubles(passes)));
}

/** The streams named, in their usual order. @throws {KnownError} `bad_input` for names that are not streams */
function chooseStreams(asked: readonly string[], all: readonly Stream[]): readonly Stream[] {
  const names = all.map(({ name }) => name);
  const unknown = asked.filter((name) => !names.includes(name));
  if (unknown.length === 0) return all.filter(({ name }) => asked.includes(name));
  throw refuseInput(
    unknown.map(
      (name) => `"${name}" is not a stream. Use ${names.join(', ')}, or no name for all streams.`,
    ),
  );
}
