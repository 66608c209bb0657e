/** What people say about findings. */
import type { Database } from '../../database/client.ts';
import {
  noteAcknowledged,
  selectAcknowledgement,
  type StoredAcknowledgement,
} from '../../evidence/acknowledgements.ts';

/**
 * Records who acknowledged findings and why, in the table and for the sealed log. All or none: returns
 * the ids that do not exist.
 */
export async function acknowledgeFindings(
  db: Database,
  account: string,
  ids: readonly string[],
  { by, note }: { readonly by: string; readonly note: string },
): Promise<readonly string[]> {
  return db.transaction(async (tx) => {
    const rows = await tx.query<{ finding: string }>(
      `select finding from zendesk.findings where account = $1 and finding = any ($2::text[]) order by finding for update`,
      [account, ids],
    );
    const known = new Set(rows.map(({ finding }) => finding));
    const unknown = ids.filter((id) => !known.has(id));
    if (unknown.length > 0) return unknown;
    const stored = await tx.query<StoredAcknowledgement>(
      `with stored as (update zendesk.findings set acknowledged_at = clock.at, acknowledged_by = $3, acknowledged_note = $4, changed_at = clock.at
       from (select now() as at) as clock
       where account = $1 and finding = any ($2::text[])
       returning finding, acknowledged_at, acknowledged_by, acknowledged_note)
       select ${selectAcknowledgement} from stored`,
      [account, ids, by, note],
    );
    await noteAcknowledged(tx, account, stored);
    return [];
  });
}
