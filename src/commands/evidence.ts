import type { Command } from 'commander';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { addEvidenceExport } from './evidence/export.ts';
import { addEvidenceVerify } from './evidence/verify.ts';

/** `evidence`: packages with which a stranger can check single rows, without this program or its database. */
export function addEvidence(evidence: Command, context: CommandContext): void {
  addExample(evidence, 'zendesk-log-sync evidence verify evidence.zip');
  addEvidenceExport(evidence, context);
  addEvidenceVerify(evidence, context);
}
