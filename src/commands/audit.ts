import type { Command } from 'commander';
import { addExample } from './arguments.ts';
import { addExport } from './audit/export.ts';
import { addShow } from './audit/show.ts';
import type { CommandContext } from './context.ts';

/** `audit`: single records of the audit log, and Zendesk's own export of it. */
export function addAudit(audit: Command, context: CommandContext): void {
  addExample(audit, 'zendesk-log-sync audit show 54337476015999');
  addShow(audit, context);
  addExport(audit, context);
}
