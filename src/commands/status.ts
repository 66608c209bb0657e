import type { Command } from 'commander';
import { loadStatus } from '../ingest/status.ts';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { withLocalDatabase } from './session.ts';
import { renderStatus } from './terminal/streams.ts';
import { toJson } from './terminal/words.ts';

/** `status`: the rows of `zendesk_sync.status`. */
export function addStatus(program: Command, context: CommandContext): void {
  const command = program
    .command('status')
    .description('how each stream stands: what is covered, what is missing, how fresh it is')
    .option('--json', 'print the rows of zendesk_sync.status as JSON')
    .action(async ({ json = false }: { readonly json?: boolean }) =>
      context.finish(await runStatus(context, json)),
    );
  addExample(command, 'zendesk-log-sync status');
}

function runStatus(context: CommandContext, json: boolean): Promise<number> {
  return withLocalDatabase(context, async ({ db }) => {
    const rows = await loadStatus(db, context.streams);
    if (json) context.print(toJson(rows));
    else if (rows.length === 0) context.print('Nothing was pulled yet; run "sync" or "serve".');
    else context.print(renderStatus(rows, context.streams, new Date()));
    return 0;
  });
}
