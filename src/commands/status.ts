import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { createLogUpdate } from 'log-update';
import type { Queryable } from '../database/client.ts';
import { capitalize } from '../doctor/check.ts';
import { explainError, isFrom, refuseInput } from '../errors.ts';
import { describeFailing, loadChannels } from '../alerts/outbox.ts';
import { listNeeds } from '../ingest/attention.ts';
import { describeFailedReport, describeReport, loadReports } from '../ingest/scheduled-reports.ts';
import { loadStatus, type StreamStatus } from '../ingest/status.ts';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { explainIn } from './databases.ts';
import { askLocalDatabases } from './session.ts';
import { listAnchorNeeds } from './terminal/anchors.ts';
import { renderStatus } from './terminal/streams.ts';
import { toJson } from './terminal/words.ts';

type StatusFlags = { readonly json?: boolean; readonly watch?: boolean; readonly check?: boolean };

const watchMs = 2000;

/** `status`: the rows of `zendesk_sync.status`. */
export function addStatus(command: Command, context: CommandContext): void {
  command
    .option('--json', 'print the rows of zendesk_sync.status as JSON')
    .option('--watch', 'keep the page up to date until Ctrl-C')
    .option('--check', 'exit with status 1 when something needs attention, and say why')
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
  return watch ? watchStatus(context) : showStatus(context, json, check);
}

async function showStatus(context: CommandContext, json: boolean, check: boolean): Promise<number> {
  const { streams } = context.readLocalConfig();
  const { results, failures } = await askLocalDatabases(context, async ({ db }, isOwn) => ({
    rows: (await loadStatus(db, context.streams)).filter(({ account }) => isOwn(account)),
    undelivered: await listUndelivered(db),
    reports: await orNone(loadReports(db)),
  }));
  const rows = results.flatMap((each) => each.rows);
  // What a database has that does not answer is not known.
  const isWhole = failures.length === 0;
  if (json) context.print(toJson(rows));
  else if (rows.length > 0 || isWhole) context.print(renderPage(context, rows));
  const undelivered = results.flatMap((each) => each.undelivered);
  const reports = results.flatMap((each) => each.reports);
  if (!json)
    for (const sentence of [...undelivered, ...reports.map(describeReport)])
      context.print(sentence);
  for (const { name, error } of failures) context.printError(explainIn(name, error));
  if (!check) return isWhole ? 0 : 1;
  // A stream that this installation does not pull needs no attention.
  const pulled = streams.map(({ name }) => name);
  const unwritten = reports.flatMap((each) => describeFailedReport(each) ?? []);
  const needs =
    rows.length === 0 && isWhole
      ? [nothingYet]
      : [
          ...listReasons(context, rows, pulled),
          ...undelivered,
          ...unwritten.map((found) => `${found}.`),
        ];
  for (const need of needs) context.printError(need);
  return needs.length === 0 && isWhole ? 0 : 1;
}

/** That alerts do not arrive, a sentence for each channel. */
async function listUndelivered(db: Queryable): Promise<readonly string[]> {
  const channels = await orNone(loadChannels(db));
  const sentences = channels.flatMap((each) => describeFailing(each) ?? []);
  return sentences.map((sentence) => `${capitalize(sentence)}.`);
}

/** Who reads only may not see this, and sees the rest. */
async function orNone<Item>(loading: Promise<readonly Item[]>): Promise<readonly Item[]> {
  try {
    return await loading;
  } catch (error) {
    if (isFrom(error, 'database')) return [];
    throw error;
  }
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
  const accounts = new Map(rows.map(({ account, anchors }) => [account, anchors]));
  return [
    ...rows
      .filter(({ stream }) => pulled.includes(stream))
      .flatMap((row) =>
        listNeeds(row, listings, now).map(
          (need) => `${row.account} ${row.stream} needs attention: ${need}.`,
        ),
      ),
    ...[...accounts].flatMap(([account, anchors]) => listAnchorNeeds(account, anchors)),
  ];
}

/**
 * Shows the page again whenever it changes: in the same place on a terminal, otherwise below. An unavailable database may
 * come back.
 */
async function watchStatus(context: CommandContext): Promise<number> {
  const { stdout, print, signal } = context;
  const update = stdout.isTTY ? createLogUpdate(stdout) : undefined;
  const pages = new Map<Queryable, { readonly rows: StreamStatus[]; readonly problem: string }>();
  let shown = '';
  const show = (): void => {
    const all = [...pages.values()];
    const problems = all.flatMap(({ problem }) => (problem === '' ? [] : [problem]));
    const rows = all.flatMap((each) => each.rows);
    const page = rows.length === 0 && problems.length > 0 ? [] : [renderPage(context, rows)];
    const text = [...page, ...problems].join('\n');
    if (update !== undefined) update(text);
    else if (text !== shown) print(shown === '' ? text : `\n${text}`);
    shown = text;
  };
  const watch = async ({ db }: { readonly db: Queryable }): Promise<void> => {
    while (!signal.aborted) {
      const page = await loadStatus(db, context.streams).then(
        (rows) => ({ rows, problem: '' }),
        (error: unknown) => {
          if (signal.aborted || !isFrom(error, 'database')) throw error;
          return { rows: [], problem: explainError(error) };
        },
      );
      pages.set(db, page);
      show();
      await wait(watchMs, undefined, { signal }).catch(() => {});
    }
  };
  const { failures } = await askLocalDatabases(context, watch);
  for (const { name, error } of failures) context.printError(explainIn(name, error));
  update?.done();
  return failures.length === 0 ? 0 : 1;
}
