/** One report from its flags to its last row: the database, the account, the output, the exit status. */
import type { Database } from '../../database/client.ts';
import { hasCode, refuseInput } from '../../errors.ts';
import { createBudgetGate } from '../../ingest/budget-gate.ts';
import { createLoginKeeper } from '../../ingest/kept-login.ts';
import type { Log } from '../../logger.ts';
import { findForm } from '../../reports/forms/forms.ts';
import { describeReport, formatJson } from '../../reports/forms/json.ts';
import { chooseAccount } from '../../reports/shared/account.ts';
import type { LiveSource } from '../../reports/shared/live-source.ts';
import type { Report, ReportContent, ReportScope, Write } from '../../reports/shared/report.ts';
import { listStatement } from '../../reports/shared/statement.ts';
import { blankControls } from '../../reports/shared/text.ts';
import { createMomentFormat } from '../../reports/shared/time-zone.ts';
import { createZendesk, type Zendesk } from '../../zendesk/client.ts';
import { openForReports } from '../archive/reading.ts';
import type { CommandContext } from '../context.ts';
import { withLocalDatabase } from '../session.ts';
import { writeToFile, writeToStream, type ReportOutput } from '../terminal/output.ts';
import { widthOf, wrapLines } from '../terminal/text.ts';
import { formatNumber } from '../terminal/words.ts';
import type { ReportChoices } from './flags.ts';
import { listDetails, writeTable } from './page.ts';
import type { PreparedReport } from './prepared.ts';

/** How a report is run. */
type ReportRun = {
  readonly choices: ReportChoices;
  readonly now: Date;
  /** The account, if it is known without the database. */
  readonly account?: string;
};

/**
 * Makes a report and writes it. Coverage, gaps and limits go to stderr if the format has no place for them.
 *
 * @returns the exit status: 0 also if there are gaps, which are stated @throws {KnownError} `bad_input` for a question that
 *   cannot be answered
 */
export async function runReport(
  context: CommandContext,
  { choices, now, account }: ReportRun,
  build: (scope: ReportScope<Database>, log: Log) => Promise<ReportContent>,
): Promise<number> {
  refuseBytes(context, choices);
  return withLocalDatabase(context, async ({ db }, config, log) => {
    const { timeZone, account: asked } = choices;
    const scope = {
      db,
      account: account ?? (await chooseAccount(db, asked, context.env['ZENDESK_SUBDOMAIN'])),
      now,
      timeZone,
      archive: openForReports(config, context.signal),
    };
    const content = await build(scope, log);
    const known = { account: scope.account, generatedAt: now, timeZone };
    return deliver(context, choices, { ...content, ...known });
  });
}

/** How a report that asks Zendesk is run. */
type LiveReportRun = Omit<ReportRun, 'account'> & {
  /** The flag that makes it ask Zendesk, for messages: `--live`. Undefined if it always does. */
  readonly flag?: string;
};

/**
 * Runs a report that asks Zendesk, within the budget that all processes of the account share.
 *
 * @throws {KnownError} `bad_input` for a question that cannot be answered, also if settings for Zendesk are missing
 */
export async function runLiveReport(
  context: CommandContext,
  { flag, ...run }: LiveReportRun,
  build: (scope: ReportScope, source: LiveSource) => Promise<ReportContent>,
): Promise<number> {
  const configs = context.readConfigs();
  const config = configs.length === 1 ? configs[0] : context.readConfig(run.choices.account);
  const { account } = config.zendesk;
  const asked = run.choices.account;
  if (asked !== undefined && asked !== account)
    throw refuseInput([
      `--account is "${asked}", but the settings are for ${account}. Leave out ${flag === undefined ? '--account' : `one of --account and ${flag}`}.`,
    ]);
  let zendesk: Zendesk | undefined;
  try {
    return await runReport(context, { ...run, account }, (scope, log) => {
      const budget = createBudgetGate({
        db: scope.db,
        account,
        requestsPerMinute: config.budgets,
        reserve: 0,
        report: () => {},
      });
      const keeper = createLoginKeeper(scope.db, account, config.zendesk.credentials);
      zendesk = createZendesk({ ...config.zendesk, keeper, budget, log });
      return build(scope, { zendesk, signal: context.signal });
    });
  } finally {
    await zendesk?.close();
  }
}

/** Makes a report whose flags are checked, and writes it. @returns the exit status */
export function runPrepared(context: CommandContext, report: PreparedReport): Promise<number> {
  const { choices, now } = report;
  return report.source === 'zendesk'
    ? runLiveReport(context, { choices, now, flag: report.flag }, report.build)
    : runReport(context, { choices, now }, report.build);
}

/** @throws {KnownError} `bad_input` if a terminal would get bytes that it cannot show */
export function refuseBytes({ stdout }: CommandContext, { format, output }: ReportChoices): void {
  if (format === 'table' || findForm(format).isBinary !== true) return;
  if (output === undefined && stdout.isTTY)
    throw refuseInput([
      `--format ${format} cannot be shown on a terminal. Add --output report.${format}, or use a pipe.`,
    ]);
}

/** Writes a report to its destination. @returns the exit status */
export async function deliver(
  context: CommandContext,
  choices: ReportChoices,
  report: Report,
): Promise<number> {
  const { format, output: path } = choices;
  const { signal, stdout, printError } = context;
  try {
    if (path === undefined) {
      const output = writeToStream(stdout);
      await writeReport(report, { format, output, signal, width: widthOf(stdout), toFile: false });
      tellRest(context, choices, report);
    } else {
      const rows = await writeReportFile(report, { format, path, signal });
      tellRest(context, choices, report);
      printError(`Wrote ${formatNumber(rows)} ${rows === 1 ? 'row' : 'rows'} to ${path}.`);
    }
    return 0;
  } catch (error) {
    return explainEnd(context, error, path);
  }
}

/** Writes a report into a file, complete or not at all, with coverage, gaps and limits beside it. @returns how many rows it has */
export async function writeReportFile(
  report: Report,
  {
    format,
    path,
    signal,
  }: {
    readonly format: ReportChoices['format'];
    readonly path: string;
    readonly signal: AbortSignal;
  },
): Promise<number> {
  const output = await writeToFile(path);
  // At once, because running work may take longer than the process has left.
  const drop = (): void => void output.abandon().catch(() => {});
  signal.addEventListener('abort', drop, { once: true });
  let rows: number;
  try {
    rows = await writeReport(report, { format, output, signal, width: undefined, toFile: true });
  } catch (error) {
    await output.abandon();
    throw error;
  } finally {
    signal.removeEventListener('abort', drop);
  }
  const written = await output.finish();
  if (written !== undefined && !hasStatement(format))
    await writeAbout(`${path}.about.json`, { ...describeReport(report), rows, file: written });
  return rows;
}

function hasStatement(format: ReportChoices['format']): boolean {
  return format === 'table' || findForm(format).hasStatement === true;
}

/** Writes coverage, gaps and limits into a second file, for a form without a place for them. */
async function writeAbout(path: string, about: unknown): Promise<void> {
  const output = await writeToFile(path);
  try {
    await output.write(`${formatJson(about, 2)}\n`);
  } catch (error) {
    await output.abandon();
    throw error;
  }
  await output.finish();
}

/** Writes coverage, gaps and limits to stderr if stdout does not have them. */
function tellRest(
  { printError, stderr }: CommandContext,
  { format, output: path }: ReportChoices,
  report: Report,
): void {
  if (format === 'table' || (hasStatement(format) && path === undefined)) return;
  const show = createMomentFormat(report.timeZone);
  const lines = hasStatement(format) ? [] : [report.title, ...listDetails(report, show)];
  const all = [...lines, ...listStatement(report.statement)].map((line) => blankControls(line));
  for (const line of wrapLines(all, widthOf(stderr))) printError(line);
}

async function writeReport(
  report: Report,
  {
    format,
    output,
    signal,
    width,
    toFile,
  }: {
    readonly format: ReportChoices['format'];
    readonly output: Pick<ReportOutput, 'write'>;
    readonly signal: AbortSignal;
    readonly width: number | undefined;
    readonly toFile: boolean;
  },
): Promise<number> {
  const write: Write = async (data) => {
    signal.throwIfAborted();
    await output.write(data);
  };
  if (format === 'table') return writeTable(report, write, width);
  const writer = await findForm(format).load(toFile);
  return writer(report, write);
}

function explainEnd(
  { printError, signal }: CommandContext,
  error: unknown,
  path: string | undefined,
): number {
  // The reader of the pipe has read enough, such as "head".
  if (hasCode(error, 'output_closed')) return 0;
  if (signal.aborted) {
    printError(
      path === undefined
        ? 'Stopped before the end. The report is not complete.'
        : `Stopped before the end. ${path} was not written.`,
    );
    return 1;
  }
  throw error;
}
