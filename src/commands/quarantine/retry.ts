import type { Command } from 'commander';
import { createClassifier } from '../../classification/classifier.ts';
import { refuseInput } from '../../errors.ts';
import type { RetryResult } from '../../ingest/quarantine-pass.ts';
import { chooseAccount } from '../../reports/shared/account.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { withLocalDatabase } from '../session.ts';
import { renderTable } from '../terminal/table.ts';
import { formatNumber, toJson } from '../terminal/words.ts';
import { checkStream } from './list.ts';
import { checkNumber } from './show.ts';

type RetryFlags = {
  readonly stream?: string;
  readonly account?: string;
  readonly format?: string;
};

const formats = ['table', 'json'];

/** `quarantine retry`: tries to store the records in quarantine. Status 0 only if none is left. */
export function addRetry(quarantine: Command, context: CommandContext): void {
  const command = quarantine
    .command('retry')
    .description('try again to store records; status 0 only if none is left')
    .argument('[number...]', 'their numbers in "quarantine list" (default: all)')
    .option('--stream <name>', 'of one stream (default: of all)')
    .option('--account <key>', 'the account (default: ZENDESK_SUBDOMAIN, or the only one stored)')
    .option('--format <format>', 'table or json (default: table)')
    .action(async (numbers: readonly string[], flags: RetryFlags) =>
      context.finish(await runRetry(context, numbers, flags)),
    );
  addExample(command, 'zendesk-log-sync quarantine retry 7 8');
}

async function runRetry(
  context: CommandContext,
  numbers: readonly string[],
  { stream, account: asked, format = 'table' }: RetryFlags,
): Promise<number> {
  const problems: string[] = [];
  checkStream(context, stream, problems);
  for (const number of numbers) checkNumber(number, problems);
  if (!formats.includes(format))
    problems.push(`--format is "${format}". Use ${formats.join(' or ')}.`);
  if (problems.length > 0) throw refuseInput(problems);
  const [{ retryByHand }, { leasePatienceMs }] = await Promise.all([
    import('../../ingest/quarantine-pass.ts'),
    import('../../ingest/service.ts'),
  ]);
  return withLocalDatabase(context, async ({ db }, config, log) => {
    const account = await chooseAccount(db, asked, context.env['ZENDESK_SUBDOMAIN']);
    const results = await retryByHand(
      { account, db, classify: createClassifier(config.accessRules), log },
      context.streams.filter(({ name }) => stream === undefined || name === stream),
      numbers.length === 0 ? 'all' : { numbers },
      { waitMs: leasePatienceMs, signal: context.signal },
    );
    if (format === 'json') context.print(toJson({ account, streams: results }));
    else context.print(renderResults(results));
    return results.every(({ left }) => left === 0) ? 0 : 1;
  });
}

function renderResults(results: readonly RetryResult[]): string {
  return renderTable(
    ['Stream', 'Stored', 'Stored before', 'Left'],
    results.map(({ stream, stored, known, left }) => [
      stream,
      ...[stored, known, left].map(formatNumber),
    ]),
    [1, 2, 3],
  );
}
