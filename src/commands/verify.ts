import type { Command } from 'commander';
import { refuseInput } from '../errors.ts';
import { toSeconds, type Span } from '../span.ts';
import { addExample, gather } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { listForPrograms } from './databases.ts';
import { checkStream } from './quarantine/list.ts';
import { addSpanFlags, readSpanFlags, type SpanFlags } from './report/span.ts';
import { withLocalDatabases } from './session.ts';
import { toJson } from './terminal/words.ts';
import { describeVerification } from './verification/json.ts';
import { renderVerification } from './verification/page.ts';

type VerifyFlags = SpanFlags & {
  readonly deep?: boolean;
  readonly restart?: boolean;
  readonly stream?: string;
  readonly account?: string;
  readonly anchor?: readonly string[];
  readonly key?: string;
  readonly json?: boolean;
};

/** `verify`: whether the history is what was sealed. Status 1 on any finding, and when it was stopped. */
export function addVerify(command: Command, context: CommandContext): void {
  command
    .option('--deep', 'read and hash every row, not only count them; continues where it stopped')
    .option('--restart', 'with --deep: start again from the beginning')
    .option('--stream <name>', 'one of the logs; all when none is named')
    .option('--account <key>', 'one of the accounts; all when none is named')
    .option(
      '--anchor <place>',
      'file or address of a checkpoint that was kept elsewhere; may be given several times',
      gather,
    )
    .option('--key <key>', 'public key that the log must be signed with: a line, or a file')
    .option('--json', 'print the result as JSON');
  addSpanFlags(command).action(async (flags: VerifyFlags) =>
    context.finish(await runVerify(context, flags)),
  );
  addExample(command, 'zendesk-log-sync verify --deep --anchor /mnt/archive/acme/checkpoint');
}

async function runVerify(context: CommandContext, flags: VerifyFlags): Promise<number> {
  const { account, anchor: places = [], deep = false, json = false, key, restart = false } = flags;
  const problems: string[] = [];
  checkStream(context, flags.stream, problems);
  if (restart && !deep)
    problems.push('--restart is for --deep. Add --deep, or leave out --restart.');
  const span = readSpan(flags, problems);
  if (problems.length > 0) throw refuseInput(problems);
  const question = { account, stream: flags.stream, places, key, deep, restart, span };
  const { verifyAccounts } = await import('./verification/run.ts');
  const verified = await withLocalDatabases(context, ({ db }, config) =>
    verifyAccounts(context, question, db, config),
  );
  const results = verified.flat();
  const described = results.map(describeVerification);
  if (json) context.print(toJson(listForPrograms(context, described)));
  else context.print(results.map((each) => renderVerification(each, context)).join('\n\n'));
  return results.every(({ findings, complete }) => findings.length === 0 && complete) ? 0 : 1;
}

/** The time that is asked for; undefined: all of it. */
function readSpan(flags: VerifyFlags, problems: string[]): Span | undefined {
  const { days, since, month, from, to } = flags;
  if ([days, since, month, from, to].every((flag) => flag === undefined)) return undefined;
  const span = readSpanFlags(flags, { timeZone: undefined }, new Date(), problems);
  return span && { from: toSeconds(span.from), to: Math.ceil(span.to.getTime() / 1000) };
}
