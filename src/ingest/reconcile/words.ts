/** The result of a comparison with Zendesk, in words. */
import type { ReconciliationOutcome } from './ledger.ts';

/** The newest comparison of a log that has ended: `zendesk_sync.status.last_reconciliation`. */
export type LastReconciliation = {
  /** ISO 8601. */
  readonly ended_at: string;
  readonly outcome: ReconciliationOutcome;
  /** How many random parts were looked at; null: all of a span. */
  readonly sample: number | null;
  readonly missing_here: number;
  readonly missing_there: number;
  readonly different: number;
};

/** When a log was last compared, and the result: without a full stop. */
export function describeReconciled({ ended_at, outcome, ...last }: LastReconciliation): string {
  const day = ended_at.slice(0, 16).replace('T', ' ');
  const extent = last.sample === null ? '' : ` (${last.sample} random parts)`;
  const results: Readonly<Record<ReconciliationOutcome, string>> = {
    equal: 'no differences',
    findings: `${last.missing_here} missing here, ${last.missing_there} missing there, ${last.different} different`,
    incomplete: 'not all of it could be read',
    failed: 'it failed',
    stopped: 'it was stopped',
  };
  return `compared with Zendesk ${day}${extent}: ${results[outcome]}`;
}
