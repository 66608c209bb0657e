/** Checks what may have changed between the plan and the transaction that removes something. */
import type { Queryable } from '../database/client.ts';
import { KnownError } from '../errors.ts';
import { holdRecords, lockRecords } from '../evidence/sealed-records.ts';
import { findHolders } from './holders.ts';
import { spell } from './moments.ts';
import type { PlannedRemoval } from './planned-removal.ts';

/**
 * Prevents new holds until the end of the transaction.
 *
 * @throws {KnownError} `held` when one was set since the plan was made
 */
export async function refuseHeld(tx: Queryable, parts: readonly PlannedRemoval[]): Promise<void> {
  await lockRecords(tx, holdRecords);
  for (const part of parts) {
    const [holder] = await findHolders(tx, part);
    if (holder !== undefined)
      throw new KnownError('held', {
        found: `Rows of ${part.log.name} of ${part.account} stay: the hold ${holder} was set meanwhile`,
        wayOut: 'Run the command again: it takes away what no hold keeps',
      });
  }
}

/** Whether a partition has no other rows than those of the parts. */
export async function isAllOf(db: Queryable, parts: readonly PlannedRemoval[]): Promise<boolean> {
  const [first] = parts;
  if (first === undefined) return false;
  const { time } = first.log.table;
  const others = await db.query(
    `select from ${first.partition} t
     where not exists (
       select from unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) as p (account, began, ended)
       where t.account = p.account and t.${time} >= p.began and t.${time} < p.ended
     ) limit 1`,
    [
      parts.map(({ account }) => account),
      parts.map(({ span }) => spell(span.from)),
      parts.map(({ span }) => spell(span.to)),
    ],
  );
  return others.length === 0;
}
