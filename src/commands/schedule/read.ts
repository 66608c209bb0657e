/** The reports of `REPORTS_FILE`, checked before anything else begins, with the same commands that a person would type. */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Command, CommanderError } from 'commander';
import { findNearest } from '../../nearest.ts';
import { readReportEntries, type ReportEntry } from '../../config/reports-file.ts';
import { foreignCodeOf, hasCode, refuseInput } from '../../errors.ts';
import { isSchedule } from '../../scheduler.ts';
import type { CommandContext } from '../context.ts';
import { addReports } from '../report.ts';
import type { ReportFormat } from '../report/flags.ts';
import type { PreparedReport, PrepareReport } from '../report/prepared.ts';

/** A scheduled report of one account. */
export type ScheduledReport = {
  readonly account: string;
  readonly name: string;
  /** Cron, five fields. */
  readonly when: string;
  /** Of the cron expression; undefined: UTC. */
  readonly timeZone: string | undefined;
  readonly format: ReportFormat;
  /** The ending of its file names. */
  readonly ending: string;
  readonly directory: string;
  readonly prepare: PrepareReport;
};

/** The names of forms: their file name endings. */
const formats: Readonly<Record<string, ReportFormat>> = {
  xlsx: 'xlsx',
  csv: 'csv',
  parquet: 'parquet',
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  txt: 'table',
};

/**
 * The scheduled reports of the given accounts; empty without a file.
 *
 * @throws {KnownError} `bad_input` with a sentence for each mistake
 */
export async function readSchedule(
  context: CommandContext,
  path: string | undefined,
  accounts: readonly string[],
): Promise<readonly ScheduledReport[]> {
  if (path === undefined) return [];
  const problems: string[] = [];
  const entries = readReportEntries(readText(path), basename(path), (problem) =>
    problems.push(problem),
  );
  const scheduled: ScheduledReport[] = [];
  for (const entry of entries) {
    const own: string[] = [];
    scheduled.push(...(await readEntry(context, entry, accounts, own)));
    problems.push(...own.map((problem) => `${entry.place}: ${problem}`));
  }
  const names = scheduled.map(({ account, name }) => `${account} ${name}`);
  const twins = scheduled.filter(
    ({ account, name }, index) => names.indexOf(`${account} ${name}`) < index,
  );
  for (const name of new Set(twins.map((twin) => twin.name)))
    problems.push(
      `${basename(path)}: more than one report has the name ${name}. Give each its own name.`,
    );
  if (problems.length > 0) throw refuseInput(problems);
  return scheduled;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw refuseInput([
      `REPORTS_FILE is ${JSON.stringify(path)}, which cannot be read (${foreignCodeOf(error) ?? 'no reason known'}). Check the path and its permissions: it has to be a YAML or JSON file of reports.`,
    ]);
  }
}

async function readEntry(
  context: CommandContext,
  entry: ReportEntry,
  accounts: readonly string[],
  problems: string[],
): Promise<ScheduledReport[]> {
  const form = entry.form.toLowerCase().replace(/^\./, '');
  const format = Object.hasOwn(formats, form) ? formats[form] : undefined;
  if (format === undefined)
    problems.push(
      `form is ${JSON.stringify(entry.form)}. Use one of ${Object.keys(formats).join(', ')}.`,
    );
  if (entry.when.trim().split(/\s+/).length !== 5 || !isSchedule(entry.when.trim()))
    problems.push(
      `when is ${JSON.stringify(entry.when)}. Use the five fields of cron, such as 0 6 * * 1 for Mondays at six.`,
    );
  const directoryProblem = findDirectoryProblem(entry.directory);
  if (directoryProblem !== undefined) problems.push(directoryProblem);
  const name = readName(entry, problems);
  const asked = await readReport(context, entry.words, problems);
  if (asked === undefined) return [];
  const { prepare, prepared } = asked;
  const { output, format: said, account, timeZone } = prepared.choices;
  if (output !== undefined || said !== 'table')
    problems.push(
      `the report says ${output === undefined ? '--format' : '--output'}. Remove it: form and directory say where the answer goes.`,
    );
  if (account !== undefined && !accounts.includes(account))
    problems.push(
      `--account is ${JSON.stringify(account)}, which the settings do not have. Use ${accounts.join(', ')}.`,
    );
  if (problems.length > 0 || format === undefined) return [];
  return (account === undefined ? accounts : [account]).map((each) => ({
    account: each,
    name,
    when: entry.when.trim(),
    timeZone,
    format,
    ending: `.${form}`,
    directory: entry.directory,
    prepare,
  }));
}

/** The report that these words on a command line would make; undefined after a problem. */
async function readReport(
  context: CommandContext,
  words: readonly string[],
  problems: string[],
): Promise<{ prepare: PrepareReport; prepared: PreparedReport } | undefined> {
  let prepare: PrepareReport | undefined;
  const report = new Command('report')
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {} });
  addReports(report, context, async (asked) => {
    prepare = asked;
  });
  const names = report.commands.map((command) => command.name());
  const [first = ''] = words;
  if (!names.includes(first)) {
    const nearest = findNearest(first, names);
    problems.push(
      `${JSON.stringify(first)} is not a report. Use one of ${names.join(', ')}.${nearest === undefined ? '' : ` Did you mean ${nearest}?`}`,
    );
    return undefined;
  }
  try {
    await report.parseAsync([...words], { from: 'user' });
    const prepared = prepare?.(new Date());
    if (prepare !== undefined && prepared !== undefined) return { prepare, prepared };
    problems.push(`${words.join(' ')} asks for no report. Write its name and its options.`);
  } catch (error) {
    if (hasCode(error, 'bad_input')) problems.push(...error.problems);
    else if (error instanceof CommanderError) problems.push(explainRefusal(error));
    else throw error;
  }
  return undefined;
}

/** Commander's own messages, which have the nearest option on a separate line. */
function explainRefusal({ message }: CommanderError): string {
  const text = message.replace(/^error: /, '').replaceAll('\n', ' ');
  return /[.)?]$/.test(text) ? text : `${text}.`;
}

function findDirectoryProblem(directory: string): string | undefined {
  const found = `directory is ${JSON.stringify(directory)}`;
  const entry = statSync(directory, { throwIfNoEntry: false });
  if (entry === undefined) return `${found}, which does not exist. Create the folder first.`;
  if (!entry.isDirectory()) return `${found}, which is not a folder. Name a folder for its files.`;
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return undefined;
  } catch {
    return `${found}, where this user may not write. Check its permissions.`;
  }
}

/** The first part of its file names: as the entry says, otherwise the words before the options. */
function readName({ name, words }: ReportEntry, problems: string[]): string {
  if (name !== undefined && !/^[a-z0-9][a-z0-9-]{0,63}$/.test(name))
    problems.push(
      `name is ${JSON.stringify(name)}. Use small letters, digits and hyphens, at most 64.`,
    );
  if (name !== undefined) return name;
  const options = words.findIndex((word) => word.startsWith('-'));
  const text = words.slice(0, options === -1 ? undefined : options).join(' ');
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 64);
}
