/** What the comparisons of the logs with Zendesk came to. */
import { nameHere } from '../database/schema-names.ts';
import { isFrom } from '../errors.ts';
import { describeReconciled, type LastReconciliation } from '../ingest/reconcile/words.ts';
import type { LogStream } from '../streams/stream.ts';
import { ok, warning, type Check } from './check.ts';
import type { ReadOnlyDatabase } from './diagnosis.ts';

const checkName = 'comparison';

/** Tells when each log of an account was last compared with what Zendesk shows; undefined if none ever was. */
export async function checkReconciled(
  db: ReadOnlyDatabase,
  account: string,
  logs: readonly Pick<LogStream, 'name' | 'title'>[],
): Promise<Check | undefined> {
  try {
    const rows = await db.query<{ stream: string; last: LastReconciliation | null }>(
      'select stream, last_reconciliation as last from zendesk_sync.status where account = $1',
      [account],
    );
    return judgeReconciled(logs, rows);
  } catch (error) {
    // The check of the verifications says so.
    if (isFrom(error, 'database')) return undefined;
    throw error;
  }
}

/** What the last comparisons of some logs mean; undefined where there was none. Pure. */
export function judgeReconciled(
  logs: readonly Pick<LogStream, 'name' | 'title'>[],
  rows: readonly { readonly stream: string; readonly last: LastReconciliation | null }[],
): Check | undefined {
  const told = logs.flatMap(({ name, title }) =>
    rows.flatMap(({ stream, last }) => (stream === name && last !== null ? [{ title, last }] : [])),
  );
  const found = told.map(({ title, last }) => `${title} ${describeReconciled(last)}`).join('; ');
  if (told.length === 0) return undefined;
  if (told.every(({ last }) => last.outcome === 'equal')) return ok(checkName, found);
  return warning(
    checkName,
    found,
    `Look at ${nameHere('zendesk_sync.reconciliations')}; docs/operations.md#reconcile says what each difference means. Then run "reconcile" again.`,
  );
}
