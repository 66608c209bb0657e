import type { Command } from 'commander';
import { openArchive } from '../../archive/store.ts';
import type { LocalConfig } from '../../config/config.ts';
import { refuseInput } from '../../errors.ts';
import { listLogs } from '../../streams/registry.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { withLocalDatabases } from '../session.ts';
import { showLines } from '../terminal/display.ts';
import { formatNumber } from '../terminal/words.ts';
import { tellKept } from './kept.ts';
import { openArchiveOf } from './place.ts';

/** `archive repair`: makes the archive whole again. Status 1 while something is left. */
export function addArchiveRepair(archive: Command, context: CommandContext): void {
  const command = archive
    .command('repair')
    .description('write again what is missing or damaged, from the database or from a copy')
    .option('--from <directory>', 'a copy of the archive')
    .action(async ({ from }: { readonly from?: string }) =>
      context.finish(await repair(context, from)),
    );
  addExample(command, 'zendesk-log-sync archive repair --from /mnt/copy-of-archive');
}

async function repair(context: CommandContext, from: string | undefined): Promise<number> {
  const { signal, print } = context;
  let line = 'The objects are looked up.';
  const end = showLines(context, { terminalMs: 2000, plainMs: 10_000 }, () => [line]);
  const results = await withLocalDatabases(context, async ({ db }, config) => {
    const { repairArchive } = await import('../../archive/repair.ts');
    const { requireOwner } = await import('../../archive/rights.ts');
    await requireOwner(db, listLogs(context.streams), 'archive repair');
    const { deleteReplaced } = await import('../../archive/rewrite.ts');
    const store = openArchiveOf(config, signal);
    const repaired = await repairArchive(db, {
      store,
      copy: from === undefined ? undefined : openCopy(config, from, signal),
      streams: listLogs(context.streams),
      report: (objects, of) => (line = `${formatNumber(objects)} of ${formatNumber(of)} objects`),
      signal,
    });
    return { ...repaired, ...(await deleteReplaced(db, store)) };
  }).finally(end);
  const done = results.flatMap((each) => each.done);
  const left = results.flatMap((each) => each.left);
  const kept = results.flatMap((each) => each.kept);
  for (const sentence of done) print(`${sentence}.`);
  for (const sentence of left) print(`- ${sentence}.`);
  if (done.length + left.length === 0) print('Every object is as it was written.');
  tellKept(context, kept);
  return left.length + kept.length === 0 ? 0 : 1;
}

function openCopy({ proxies }: LocalConfig, from: string, signal: AbortSignal) {
  if (from.includes('://'))
    throw refuseInput([`--from is "${from}". Use a directory with a copy of the archive.`]);
  return openArchive({ kind: 'directory', path: from }, proxies, signal);
}
