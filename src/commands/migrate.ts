import type { Command } from 'commander';
import type { LocalConfig } from '../config/config.ts';
import { longLimitMs } from '../database/client.ts';
import { migrateDatabase } from '../database/migrate.ts';
import type { Connections } from '../ingest/session.ts';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { inTurn, nameOfDatabase } from './databases.ts';
import { withDatabase } from './session.ts';

/** `migrate`: updates the database to the schema of this program. */
export function addMigrate(command: Command, context: CommandContext): void {
  command.action(async () => context.finish(await runMigrate(context)));
  addExample(command, 'DATABASE_URL=postgres://owner@db/zendesk zendesk-log-sync migrate');
}

async function runMigrate(context: CommandContext): Promise<number> {
  const places = context.readPlaces(context.wanted());
  await inTurn(context, places, (config) => migrate(context, config));
  return 0;
}

function migrate(context: CommandContext, config: LocalConfig): Promise<void> {
  const log = context.openLog(config);
  const name = nameOfDatabase(config);
  const run = async ({ url }: Connections): Promise<void> => {
    const { applied } = await migrateDatabase(url, {
      signal: context.signal,
      report: (sentence) => log.warn({}, sentence),
    });
    const done =
      applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`;
    context.print(name === undefined ? done : `${name}: ${done}`);
  };
  return withDatabase(config, log, context.signal, run, longLimitMs);
}
