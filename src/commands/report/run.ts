/** One report from its flags to its last row: the database, the account, the output, the exit status. */
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
  /** The account, where it is known without looking into the database. */
  readonly account?: string;
};

/**
 * Makes a report and writes it. What it rests on goes to stderr, where the format has no place for it.
 *
 * @returns the exit status: 0 also when there are gaps, which are stated
 * @throws {KnownError} `bad_input` for what cannot be answered as it was asked
 */
export async function runReport(
  context: CommandContext,
  { choices, now, account }: ReportRun,
  build: (scope: ReportScope, log: Log) => Promise<ReportContent>,
): Promise<number> {
  refuseBytes(context, choices);
  return withLocalDatabase(context, async ({ db }, _config, log) => {
    const { timeZone } = choices;
    const scope: ReportScope = {
      db,
      account:
        account ?? (await chooseAccount(db, choices.account, context.env['ZENDESK_SUBDOMAIN'])),
      now,
      timeZone,
    };
    const content = await build(scope, log);
    return deliver(context, choices, {
      ...content,
      account: scope.account,
      generatedAt: now,
      timeZone,
    });
  });
}

/** How a report that asks Zendesk is run. */
type LiveReportRun = Omit<ReportRun, 'account'> & {
  /** What makes it ask Zendesk, for messages: `--live`. Undefined where it always does. */
  readonly flag?: string;
};

/**
 * Runs a report that asks Zendesk, within the budget that all processes of the account share.
 *
 * @throws {KnownError} `bad_input` for what cannot be answered as it was asked, settings for Zendesk that are missing among it
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

/** @throws {KnownError} `bad_input` where a terminal would get bytes that it cannot show */
export function refuseBytes({ stdout }: CommandContext, { format, output }: ReportChoices): void {
  if (format === 'table' || findForm(format).isBinary !== true) return;
  if (output === undefined && stdout.isTTY)
    throw refuseInput([
      `--format ${format} cannot be shown on a terminal. Add --output report.${format}, or use a pipe.`,
    ]);
}

/** Writes a report to where it is wanted. @returns the exit status */
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

/** Writes a report into a file, complete or not at all, and what it rests on beside it. @returns how many rows it has */
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
  // At once, because what is waited for may take longer than the process has left.
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

/** What a file without a place for it rests on, in a file beside it. */
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

/** Says on stderr what the answer rests on, where stdout does not. */
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
  // Whoever read the pipe has enough, as "head" does.
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
