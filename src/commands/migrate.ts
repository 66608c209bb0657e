import { migrateDatabase } from '../database/migrate.ts';
import type { CommandContext } from './context.ts';
import { withDatabase } from './session.ts';
import { quieter } from './sync.ts';

/** `migrate`: brings the database to the schema of this program. */
export async function runMigrate(context: CommandContext): Promise<number> {
  const config = context.readLocalConfig();
  const log = context.openLog({ ...config, log: quieter(config.log) }, 'stderr');
  return withDatabase(config, log, context.signal, async ({ url }) => {
    const { applied } = await migrateDatabase(url, {
      signal: context.signal,
      report: (sentence) => log.warn({}, sentence),
    });
    context.print(
      applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`,
    );
    return 0;
  });
}
