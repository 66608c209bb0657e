import { DatabaseError } from '../errors.ts';
import { loadStatus } from '../ingest/status.ts';
import type { CommandContext } from './context.ts';
import { renderStatus, toJson } from './report.ts';
import { withDatabase } from './session.ts';
import { quieter } from './sync.ts';

/** SQLSTATEs of a database without our tables: no such schema, no such table. */
const missingTables = new Set(['3F000', '42P01']);

/** `status`: the rows of `zendesk_sync.status`. */
export async function runStatus(context: CommandContext, json: boolean): Promise<number> {
  const config = context.readLocalConfig();
  const log = context.openLog({ ...config, log: quieter(config.log) }, 'stderr');
  return withDatabase(config, log, context.signal, async ({ db }) => {
    const rows = await loadStatus(db, context.streams).catch((error: unknown) => {
      if (error instanceof DatabaseError && missingTables.has(error.code ?? '')) return undefined;
      throw error;
    });
    if (rows === undefined) {
      context.printError(
        'The database has no tables of zendesk-log-sync yet; run "migrate" or "sync" first.',
      );
      return 1;
    }
    if (json) context.print(toJson(rows));
    else if (rows.length === 0) context.print('Nothing was pulled yet; run "sync" or "serve".');
    else context.print(renderStatus(rows, context.streams, new Date()));
    return 0;
  });
}
