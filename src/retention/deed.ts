/** The permanent record of a removal: a row in `zendesk_sync.removals`, and an entry of the sealed log. */
import { randomUUID } from 'node:crypto';
import type { Queryable } from '../database/client.ts';
import { startOf } from '../database/start.ts';
import { sealRemnants } from '../evidence/remnants.ts';
import { removalRecords, storeRecord } from '../evidence/sealed-records.ts';
import { spell } from './moments.ts';
import type { Span } from '../span.ts';

/** Who takes something away. */
export type Deed = { readonly by: string; readonly reason: string };

/** What was taken away. */
type TakenAway = {
  readonly account: string;
  readonly what: string;
  readonly stream?: string;
  readonly span?: Span;
  readonly person?: string;
  readonly rows: number;
  /** The number of rows that each day lost. */
  readonly days?: readonly (readonly [day: string, rows: number])[];
  readonly released?: readonly (readonly [firstSeen: string, leaf: string])[];
};

/** Records a removal, in its transaction and after the remnants are stored. */
export async function recordRemoval(
  tx: Queryable,
  { account, what, stream, span, person, rows, days = [], released = [] }: TakenAway,
  { by, reason }: Deed,
): Promise<void> {
  const kept = await sealRemnants(tx, account, await startOf(tx));
  await storeRecord(
    tx,
    removalRecords,
    {
      account,
      removal: randomUUID(),
      what,
      stream: stream ?? null,
      removed_from: span === undefined ? null : spell(span.from),
      removed_until: span === undefined ? null : spell(span.to),
      person: person ?? null,
      rows,
      reason,
      done_by: by,
    },
    {
      what,
      removed: rows,
      ...(stream !== undefined && { stream }),
      ...(span !== undefined && { span: [span.from, span.to] as const }),
      ...(days.length > 0 && {
        days: Object.fromEntries(days.map(([day, count]) => [day, -count])),
      }),
      ...(kept.count > 0 && { kept }),
      ...(released.length > 0 && { released }),
    },
  );
}
