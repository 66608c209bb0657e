import type { Command } from 'commander';
import type { Database } from '../../database/client.ts';
import { refuseInput } from '../../errors.ts';
import { formatVerifierKey } from '../../evidence/forms/keys.ts';
import { unprovenWords } from '../../reports/evidence-package/readme.ts';
import type { ReportPacking } from '../../reports/evidence-package/pack.ts';
import type { Filters } from '../../reports/evidence-package/selection.ts';
import type {
  PackageQuestion,
  PackageStatement,
} from '../../reports/evidence-package/statement.ts';
import { readNetwork } from '../../reports/address/network.ts';
import { chooseAccount } from '../../reports/shared/account.ts';
import { findPerson } from '../../reports/shared/person.ts';
import type { ReportScope, ReportSpan } from '../../reports/shared/report.ts';
import { listLogs } from '../../streams/registry.ts';
import type { LogStream } from '../../streams/stream.ts';
import { addExample, gather } from '../arguments.ts';
import { openForReports } from '../archive/reading.ts';
import type { CommandContext } from '../context.ts';
import { addSpanFlags, readSpanFlags, type SpanFlags } from '../report/span.ts';
import { withLocalDatabase } from '../session.ts';
import { showLines } from '../terminal/display.ts';
import { drawBar } from '../terminal/meter.ts';
import { writeToFile } from '../terminal/output.ts';
import { widthOf, wrapLines } from '../terminal/text.ts';
import { formatNumber } from '../terminal/words.ts';

type ExportFlags = SpanFlags & {
  readonly output: string;
  readonly stream?: string;
  readonly account?: string;
  readonly agent?: readonly string[];
  readonly user?: readonly string[];
  readonly ticket?: readonly string[];
  readonly ip?: readonly string[];
};

/** `evidence export`: rows with their proofs in one file. */
export function addEvidenceExport(evidence: Command, context: CommandContext): void {
  const command = addSpanFlags(
    evidence
      .command('export')
      .description('write rows with their proofs into one file; status 1 when a row has none')
      .requiredOption('--output <file>', 'the zip archive to write'),
  )
    .option('--stream <name>', 'one of the logs; all when none is named')
    .option(
      '--agent <agent>',
      'only what this person did: id, e-mail address or full name; may be repeated',
      gather,
    )
    .option(
      '--user <user>',
      'only what concerns the record of this person, as in "report subject"; may be repeated',
      gather,
    )
    .option(
      '--ticket <id>',
      'only what concerns this ticket, as in "report ticket"; may be repeated',
      gather,
    )
    .option(
      '--ip <address>',
      'only what came from this address or network; may be repeated',
      gather,
    )
    .option('--account <key>', 'the account (default: ZENDESK_SUBDOMAIN, or the only one stored)');
  command.action(async (flags: ExportFlags) => context.finish(await runExport(context, flags)));
  addExample(
    command,
    'zendesk-log-sync evidence export --month 2026-09 --agent joe@acme.example --output joe.zip',
  );
}

async function runExport(context: CommandContext, flags: ExportFlags): Promise<number> {
  const now = new Date();
  const problems: string[] = [];
  const span = readSpanFlags(flags, { timeZone: undefined }, now, problems);
  const streams = chooseLogs(context, flags.stream, problems);
  const tickets = readTickets(flags.ticket ?? [], problems);
  for (const address of flags.ip ?? [])
    if (readNetwork(address) === undefined)
      problems.push(`--ip is "${address}". Use an address such as 203.0.113.9.`);
  for (const name of ['agent', 'user'] as const)
    if (flags[name]?.some((text) => text.trim() === '') === true)
      problems.push(`--${name} is empty. Use an id, an e-mail address or a full name.`);
  if (problems.length > 0 || span === undefined) throw refuseInput(problems);
  return withLocalDatabase(context, async ({ db }, config) => {
    const { evidence } = config;
    const configured = context.env['ZENDESK_SUBDOMAIN'];
    const account = await chooseAccount(db, flags.account, configured);
    const archive = openForReports(config, context.signal);
    const scope = { db, account, now, timeZone: undefined, archive };
    const filters: Filters = {
      agents: await findIds(scope, flags.agent ?? []),
      users: await findIds(scope, flags.user ?? []),
      tickets,
      addresses: [...new Set(flags.ip?.map((text) => readNetwork(text) ?? text))],
    };
    const witnessKeys = evidence.witnesses.map(({ key }) => formatVerifierKey(key));
    return exportTo(context, flags.output, { scope, span, streams, filters, witnessKeys });
  });
}

function chooseLogs(
  { streams }: CommandContext,
  asked: string | undefined,
  problems: string[],
): readonly LogStream[] {
  const logs = listLogs(streams);
  const chosen = logs.filter(({ name }) => asked === undefined || name === asked);
  if (chosen.length === 0)
    problems.push(`--stream is "${asked}". Use ${logs.map(({ name }) => name).join(' or ')}.`);
  return chosen;
}

function readTickets(texts: readonly string[], problems: string[]): readonly string[] {
  const ids = texts.map((text) => text.trim().replace(/^#/, ''));
  for (const id of ids)
    if (!/^[1-9]\d{0,17}$/.test(id))
      problems.push(`--ticket is "${id}". Use the id of a ticket, digits only.`);
  return [...new Set(ids)];
}

/** Ids as they are, and those of the people whom other texts mean. */
async function findIds(scope: ReportScope, texts: readonly string[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const text of texts.map((each) => each.trim()))
    ids.push(/^-?\d{1,18}$/.test(text) ? text : (await findPerson(scope, text)).id);
  return [...new Set(ids)];
}

type Export = PackageQuestion & { readonly scope: ReportScope<Database> };

async function exportTo(
  context: CommandContext,
  path: string,
  { scope, ...question }: Export,
): Promise<number> {
  const { signal, printError } = context;
  const output = await writeToFile(path);
  // At once, because running work may take longer than the process has left.
  const drop = (): void => void output.abandon().catch(() => {});
  signal.addEventListener('abort', drop, { once: true });
  const { report, end } = showProgress(context, question.span);
  let statement: PackageStatement;
  try {
    const write = async (data: string | Uint8Array): Promise<void> => {
      signal.throwIfAborted();
      await output.write(data);
    };
    const { writePackage } = await import('../../reports/evidence-package/pack.ts');
    statement = await writePackage(scope, question, write, report);
    signal.throwIfAborted();
  } catch (error) {
    await output.abandon();
    if (!signal.aborted) throw error;
    printError(`Stopped before the end. ${path} was not written.`);
    return 1;
  } finally {
    end();
    signal.removeEventListener('abort', drop);
  }
  await output.finish();
  return tellResult(context, path, statement);
}

/** A line that says how far it is, once it takes a while. */
function showProgress(
  context: CommandContext,
  { from, to }: ReportSpan,
): { readonly report: ReportPacking; readonly end: () => void } {
  let line = 'The rows are looked up.';
  const end = showLines(context, { terminalMs: 2000, plainMs: 10_000 }, () => [line]);
  const lengthMs = to.getTime() - from.getTime();
  const report: ReportPacking = (stream, rows, micros) => {
    context.signal.throwIfAborted();
    const share = Math.min(1, Math.max(0, (micros / 1000 - from.getTime()) / lengthMs));
    line = `${stream} ${`${Math.floor(share * 100)}%`.padStart(4)} ${drawBar(share)} ${formatNumber(rows)} rows`;
  };
  return { report, end };
}

function tellResult(
  { print, printError, stdout }: CommandContext,
  path: string,
  { streams, findings }: PackageStatement,
): number {
  for (const { stream, rows, proven } of streams)
    print(`${stream}: ${formatNumber(rows)} rows, ${formatNumber(proven)} with a proof.`);
  for (const { stream, unproven } of streams)
    for (const [reason, count] of Object.entries(unproven))
      print(`${stream}: ${formatNumber(count)} rows ${unprovenWords[reason] ?? reason}.`);
  const told = findings.map((sentence) => `- ${sentence}`);
  if (findings.length > 0)
    print(['Not as the sealed log says:', ...wrapLines(told, widthOf(stdout))].join('\n'));
  printError(`Wrote ${path}.`);
  return findings.length === 0 ? 0 : 1;
}
