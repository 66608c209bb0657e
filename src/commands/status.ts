import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { createLogUpdate } from 'log-update';
import type { Queryable } from '../database/client.ts';
import { explainError, isFrom, refuseInput } from '../errors.ts';
import { listNeeds } from '../ingest/attention.ts';
import { loadStatus, type StreamStatus } from '../ingest/status.ts';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { withLocalDatabase } from './session.ts';
import { renderStatus } from './terminal/streams.ts';
import { toJson } from './terminal/words.ts';

type StatusFlags = { readonly json?: boolean; readonly watch?: boolean; readonly check?: boolean };

const watchMs = 2000;

/** `status`: the rows of `zendesk_sync.status`. */
export function addStatus(program: Command, context: CommandContext): void {
  const command = program
    .command('status')
    .description('the state of each stream: what is covered, what is missing, how fresh it is')
    .option('--json', 'print the rows of zendesk_sync.status as JSON')
    .option('--watch', 'keep the page up to date until Ctrl-C')
    .option('--check', 'exit with status 1 when a stream needs attention, and say why')
    .action(async (flags: StatusFlags) => context.finish(await runStatus(context, flags)));
  addExample(command, 'zendesk-log-sync status --check');
}

function runStatus(
  context: CommandContext,
  { json = false, watch = false, check = false }: StatusFlags,
): Promise<number> {
  if (watch && (json || check))
    throw refuseInput([
      `--watch runs until Ctrl-C. Leave out ${json ? '--json' : '--check'}, or leave out --watch.`,
    ]);
  return withLocalDatabase(context, async ({ db }, { streams }) => {
    if (watch) return watchStatus(context, db);
    const rows = await loadStatus(db, context.streams);
    context.print(json ? toJson(rows) : renderPage(context, rows));
    if (!check) return 0;
    // What this installation does not pull needs nobody.
    const pulled = streams.map(({ name }) => name);
    const needs = rows.length === 0 ? [nothingYet] : listReasons(context, rows, pulled);
    for (const need of needs) context.printError(need);
    return needs.length === 0 ? 0 : 1;
  });
}

const nothingYet = 'Nothing has been pulled yet. Run "sync" or "serve".';

function renderPage(context: CommandContext, rows: readonly StreamStatus[]): string {
  return rows.length === 0 ? nothingYet : renderStatus(rows, context.streams, new Date(), context);
}

function listReasons(
  { streams }: CommandContext,
  rows: readonly StreamStatus[],
  pulled: readonly string[],
): string[] {
  const listings = streams.filter(({ kind }) => kind === 'listing').map(({ name }) => name);
  const now = new Date();
  return rows
    .filter(({ stream }) => pulled.includes(stream))
    .flatMap((row) =>
      listNeeds(row, listings, now).map(
        (need) => `${row.account} ${row.stream} needs attention: ${need}.`,
      ),
    );
}

/** Shows the page again whenever it changes: in its place on a terminal, else below. A database that is away may come back. */
async function watchStatus(context: CommandContext, db: Queryable): Promise<number> {
  const { stdout, print, signal } = context;
  const update = stdout.isTTY ? createLogUpdate(stdout) : undefined;
  let shown = '';
  while (!signal.aborted) {
    const page = await loadStatus(db, context.streams).then(
      (rows) => renderPage(context, rows),
      (error: unknown) => {
        if (signal.aborted || !isFrom(error, 'database')) throw error;
        return explainError(error);
      },
    );
    if (update !== undefined) update(page);
    else if (page !== shown) print(shown === '' ? page : `\n${page}`);
    shown = page;
    await wait(watchMs, undefined, { signal }).catch(() => {});
  }
  update?.done();
  return 0;
}
