import type { Command } from 'commander';
import type { LocalConfig } from '../config/config.ts';
import type { Database } from '../database/client.ts';
import { refuseInput } from '../errors.ts';
import { listSealedAccounts } from '../evidence/tile-store.ts';
import { listPublished, loadAnchor } from '../evidence/verification/anchors.ts';
import { verifyHistory, type Verification } from '../evidence/verification/verification.ts';
import { listLogs } from '../streams/registry.ts';
import { addExample, gather } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { checkStream } from './quarantine/list.ts';
import { withLocalDatabase } from './session.ts';
import { showLines } from './terminal/display.ts';
import { renderTable } from './terminal/table.ts';
import { wrapLines, widthOf } from './terminal/text.ts';
import { formatNumber, toJson } from './terminal/words.ts';

type VerifyFlags = {
  readonly deep?: boolean;
  readonly stream?: string;
  readonly account?: string;
  readonly anchor?: readonly string[];
  readonly json?: boolean;
};

/** `verify`: whether the history is what was sealed. Status 1 on any finding. */
export function addVerify(program: Command, context: CommandContext): void {
  const command = program
    .command('verify')
    .description('check the stored history against its sealed log; status 1 on any finding')
    .option('--deep', 'read and hash every row, not only count them')
    .option('--stream <name>', 'one of the logs; all when none is named')
    .option('--account <key>', 'one of the accounts; all when none is named')
    .option(
      '--anchor <place>',
      'file or address of a checkpoint that was kept elsewhere; may be given several times',
      gather,
    )
    .option('--json', 'print the result as JSON')
    .action(async (flags: VerifyFlags) => context.finish(await runVerify(context, flags)));
  addExample(command, 'zendesk-log-sync verify --deep --anchor /mnt/archive/acme/checkpoint');
}

async function runVerify(context: CommandContext, flags: VerifyFlags): Promise<number> {
  const problems: string[] = [];
  checkStream(context, flags.stream, problems);
  if (problems.length > 0) throw refuseInput(problems);
  const results = await withLocalDatabase(context, ({ db }, config) =>
    verifyAccounts(context, flags, db, config),
  );
  const { json = false } = flags;
  if (json) context.print(toJson(results.length === 1 ? results[0] : results));
  else for (const result of results) printVerification(context, result);
  return results.every(({ findings }) => findings.length === 0) ? 0 : 1;
}

async function verifyAccounts(
  context: CommandContext,
  { account: asked, anchor: places = [], deep = false, stream }: VerifyFlags,
  db: Database,
  { evidence }: LocalConfig,
): Promise<readonly Verification[]> {
  const accounts = await listSealedAccounts(db);
  const chosen = asked === undefined ? accounts : accounts.filter((name) => name === asked);
  if (chosen.length === 0)
    throw refuseInput([
      asked === undefined || accounts.length === 0
        ? 'There is no sealed log yet; run "sync" or "serve" first.'
        : `--account is "${asked}"; expected ${accounts.join(', ')}.`,
    ]);
  const streams = listLogs(context.streams).filter(({ name }) => name === (stream ?? name));
  const results: Verification[] = [];
  let progress = '';
  const endProgress = showLines(context, { terminalMs: 500, plainMs: 10_000 }, () => [progress]);
  try {
    for (const account of chosen) {
      const own = [...places, ...listPublished(evidence.directory, account)];
      const anchors = await Promise.all(own.map(loadAnchor));
      progress = `${account}: the sealed log`;
      const report = (name: string, rows: number): void => {
        progress = `${account}: ${formatNumber(rows)} rows of ${name}`;
      };
      const task = { account, streams, deep, anchors, report, signal: context.signal };
      const result = await verifyHistory(db, task);
      if (result !== undefined) results.push(result);
    }
  } finally {
    endProgress();
  }
  return results;
}

function printVerification(context: CommandContext, result: Verification): void {
  const { account, size, begunAt, waiting, streams, findings, deep } = result;
  const lines = [
    `Account ${account}: the sealed log has ${formatNumber(size)} entries since ${begunAt.slice(0, 16).replace('T', ' ')} UTC${waiting === 0 ? '' : `, and ${formatNumber(waiting)} wait to be sealed`}.`,
  ];
  const head = ['Stream', 'Manifests', ...(deep ? ['Rows read', 'Not sealed'] : [])];
  const rows = streams.map(({ stream, manifests, rows: read = 0, unsealedRows = 0 }) => [
    stream,
    formatNumber(manifests),
    ...(deep ? [formatNumber(read), formatNumber(unsealedRows)] : []),
  ]);
  context.print([...lines, '', renderTable(head, rows, [1, 2, 3]), ''].join('\n'));
  if (findings.length === 0) {
    const checked = deep
      ? 'Every row is as it was stored.'
      : 'The log, the coverage and the counts agree; --deep reads every row.';
    context.print(`No findings. ${checked}`);
    return;
  }
  const told = [
    `${formatNumber(findings.length)} finding${findings.length === 1 ? '' : 's'}:`,
    ...findings.map(({ sentence }) => `- ${sentence}`),
  ];
  context.print(wrapLines(told, widthOf(context.stdout)).join('\n'));
}
