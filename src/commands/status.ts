import { loadStatus } from '../ingest/status.ts';
import type { CommandContext } from './context.ts';
import { renderStatus, toJson } from './report.ts';
import { withDatabase } from './session.ts';
import { quieter } from './sync.ts';

/** `status`: the rows of `zendesk_sync.status`. */
export async function runStatus(context: CommandContext, json: boolean): Promise<number> {
  const config = context.readLocalConfig();
  const log = context.openLog({ ...config, log: quieter(config.log) }, 'stderr');
  return withDatabase(config, log, context.signal, async ({ db }) => {
    const rows = await loadStatus(db, context.streams);
    if (json) context.print(toJson(rows));
    else if (rows.length === 0) context.print('Nothing was pulled yet; run "sync" or "serve".');
    else context.print(renderStatus(rows, context.streams, new Date()));
    return 0;
  });
}
