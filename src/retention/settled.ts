/** What must be so before something is taken away. */
import type { Queryable } from '../database/client.ts';
import { KnownError } from '../errors.ts';

/** Prevents pages from being stored until the end of the transaction, and waits for those in progress. */
export async function holdPages(tx: Queryable, account: string): Promise<void> {
  await tx.query('select from zendesk_sync.leases where account = $1 order by stream for update', [
    account,
  ]);
}

/** @throws {KnownError} `not_sealed_yet` while revisions wait to be sealed: their root is made when they are */
export async function refuseUnsealed(tx: Queryable, account: string): Promise<void> {
  const waiting = await tx.query(
    `select from zendesk_evidence.pending where account = $1 and manifest ~ '"revisions":[1-9]' limit 1`,
    [account],
  );
  if (waiting.length > 0)
    throw new KnownError('not_sealed_yet', {
      found: `Previous versions of rows of ${account} are not in the sealed log yet, and nothing was taken away`,
      wayOut: 'Let "serve" or "sync" run for some seconds, and try again',
    });
}
