import type { Command } from 'commander';
import { refuseInput } from '../../errors.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { withLocalDatabases } from '../session.ts';
import { showLines } from '../terminal/display.ts';
import { formatNumber, toJson } from '../terminal/words.ts';
import { openArchiveOf } from './place.ts';
import { chooseLogs } from './run.ts';

type VerifyFlags = { readonly stream?: string; readonly json?: boolean };

/** `archive verify`: whether every object is where it should be and what it should be. Status 1 on any finding. */
export function addArchiveVerify(archive: Command, context: CommandContext): void {
  const command = archive
    .command('verify')
    .description(
      'check each object: its bytes, the root over its rows, and what the sealed log says',
    )
    .option('--stream <name>', 'of one log (default: of all)')
    .option('--json', 'print the result as JSON')
    .action(async (flags: VerifyFlags) => context.finish(await verify(context, flags)));
  addExample(command, 'zendesk-log-sync archive verify');
}

async function verify(context: CommandContext, flags: VerifyFlags): Promise<number> {
  const problems: string[] = [];
  const streams = chooseLogs(context, flags.stream, problems);
  if (problems.length > 0) throw refuseInput(problems);
  let line = 'The objects are looked up.';
  const end = showLines(context, { terminalMs: 2000, plainMs: 10_000 }, () => [line]);
  const { verifyArchive } = await import('../../archive/verify.ts');
  const results = await withLocalDatabases(context, ({ db }, config) =>
    verifyArchive(db, {
      store: openArchiveOf(config, context.signal),
      streams,
      report: (objects, of) => (line = `${formatNumber(objects)} of ${formatNumber(of)} objects`),
      signal: context.signal,
    }),
  ).finally(end);
  const objects = results.reduce((sum, each) => sum + each.objects, 0);
  const rows = results.reduce((sum, each) => sum + each.rows, 0);
  const findings = results.flatMap((each) => each.findings);
  if (flags.json === true) context.print(toJson({ objects, rows, findings }));
  else {
    for (const { sentence } of findings) context.print(`- ${sentence}.`);
    context.print(
      `${formatNumber(objects)} objects with ${formatNumber(rows)} rows were read: ${
        findings.length === 0 ? 'all are as they were written' : `${findings.length} findings`
      }.`,
    );
  }
  return findings.length === 0 ? 0 : 1;
}
