import type { Command } from 'commander';
import type { Database } from '../database/client.ts';
import { planDistribution, takeStep } from '../database/spread/distribute.ts';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { withLocalDatabase } from './session.ts';

type DistributeFlags = { readonly dryRun?: boolean };

/** `distribute`: spreads the tables over the servers of Citus. */
export function addDistribute(command: Command, context: CommandContext): void {
  command
    .option('--dry-run', 'print the statements, and change nothing')
    .action(async (flags: DistributeFlags) => context.finish(await runDistribute(context, flags)));
  addExample(command, 'zendesk-log-sync distribute --dry-run');
}

function runDistribute(
  context: CommandContext,
  { dryRun = false }: DistributeFlags,
): Promise<number> {
  return withLocalDatabase(context, ({ db }) =>
    dryRun ? printPlan(context, db) : distribute(context, db),
  );
}

async function printPlan({ print }: CommandContext, db: Database): Promise<number> {
  for (const { done, statements } of await planDistribution(db))
    print(
      [`-- ${done}`, 'begin;', ...statements.map((each) => `${each};`), 'commit;', ''].join('\n'),
    );
  return 0;
}

async function distribute({ print, signal }: CommandContext, db: Database): Promise<number> {
  for (const step of await planDistribution(db)) {
    signal.throwIfAborted();
    await takeStep(db, step);
    print(step.done);
  }
  return 0;
}
