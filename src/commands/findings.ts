import type { Command } from 'commander';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { addAcknowledge } from './findings/acknowledge.ts';
import { addRecompute } from './findings/recompute.ts';

/** `findings`: what people say about findings, and recomputing them. */
export function addFindings(findings: Command, context: CommandContext): void {
  addExample(findings, 'zendesk-log-sync findings recompute --month 2026-09');
  addAcknowledge(findings, context);
  addRecompute(findings, context);
}
