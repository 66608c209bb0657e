import type { Command } from 'commander';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { addRetentionApply } from './retention/apply.ts';
import { addRetentionPlan } from './retention/plan.ts';

/** `retention`: what goes by the policies in RETENTION. */
export function addRetention(retention: Command, context: CommandContext): void {
  addExample(retention, 'zendesk-log-sync retention plan');
  addRetentionPlan(retention, context);
  addRetentionApply(retention, context);
}
