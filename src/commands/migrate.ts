import type { Command } from 'commander';
import { longLimitMs } from '../database/client.ts';
import { migrateDatabase } from '../database/migrate.ts';
import type { Connections } from '../ingest/session.ts';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { withDatabase } from './session.ts';

/** `migrate`: brings the database to the schema of this program. */
export function addMigrate(program: Command, context: CommandContext): void {
  const command = program
    .command('migrate')
    .description('bring the database to the schema of this program')
    .action(async () => context.finish(await runMigrate(context)));
  addExample(command, 'DATABASE_URL=postgres://owner@db/zendesk zendesk-log-sync migrate');
}

function runMigrate(context: CommandContext): Promise<number> {
  const config = context.readLocalConfig();
  const log = context.openLog(config);
  const run = async ({ url }: Connections): Promise<number> => {
    const { applied } = await migrateDatabase(url, {
      signal: context.signal,
      report: (sentence) => log.warn({}, sentence),
    });
    context.print(
      applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`,
    );
    return 0;
  };
  return withDatabase(config, log, context.signal, run, longLimitMs);
}
