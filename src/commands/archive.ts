import type { Command } from 'commander';
import { addExample } from './arguments.ts';
import { addArchiveList } from './archive/list.ts';
import { addArchiveRepair } from './archive/repair.ts';
import { addArchiveRestore } from './archive/restore.ts';
import { addArchiveRun } from './archive/run.ts';
import { addArchiveVerify } from './archive/verify.ts';
import type { CommandContext } from './context.ts';

/** `archive`: old months as Parquet, outside of the database. */
export function addArchive(archive: Command, context: CommandContext): void {
  addExample(archive, 'zendesk-log-sync archive run --dry-run');
  addArchiveRun(archive, context);
  addArchiveList(archive, context);
  addArchiveVerify(archive, context);
  addArchiveRestore(archive, context);
  addArchiveRepair(archive, context);
}
