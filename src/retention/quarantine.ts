/** Removes records from the quarantine: the sealed log records that they left, as after a retry that stored them. */
import type { Queryable } from '../database/client.ts';
import { commitToRecords, type KeptRecord } from '../evidence/quarantine-root.ts';
import { inMicros, inUtc } from '../evidence/stored-rows.ts';

/** An entry of the sealed log holds no more: call again until nothing is left. */
const mostReleased = 400;

/** Deletes the records of an account, `$1`, that meet a condition. @returns what the manifest says about them */
export async function releaseQuarantine(
  tx: Queryable,
  account: string,
  condition: string,
  values: readonly unknown[],
): Promise<readonly (readonly [firstSeen: string, leaf: string])[]> {
  const records = await tx.query<KeptRecord & { readonly firstSeen: string }>(
    `with gone as (delete from zendesk_sync.quarantine where account = $1 and id in (
       select id from zendesk_sync.quarantine where account = $1 and ${condition} order by id limit ${mostReleased}
     )
     returning stream, content, first_seen)
     select stream, content, ${inMicros('first_seen')} as micros, ${inUtc('first_seen')} as "firstSeen" from gone`,
    [account, ...values],
  );
  const leaves = await commitToRecords(tx, account, records);
  return records.map(
    ({ firstSeen }, at) => [firstSeen, (leaves[at] ?? Buffer.of()).toString('base64')] as const,
  );
}
