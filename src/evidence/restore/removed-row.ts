/** Restores the row of a log that somebody removed although its entries exist, from the entries and the published copy. */
import { longLimitMs, type Database } from '../../database/client.ts';
import { openCheckpoint } from '../forms/checkpoint.ts';
import { emptyFrontier, findRoot, formatFrontier, growFrontier } from '../forms/frontier.ts';
import { FormError } from '../forms/form-error.ts';
import { formatVerifierKey, type SigningKey } from '../forms/keys.ts';
import { differs } from '../publication.ts';
import type { Sealing } from '../sealed-log.ts';
import type { Longer } from './lost-entries.ts';

/**
 * Puts back the row of a log whose entries match its published checkpoint exactly.
 *
 * @returns whether it did
 * @throws {KnownError} `sealed_log_differs` when the entries are others, or the checkpoint is not signed with the key of this
 *   process
 */
export async function putRowBack(
  db: Database,
  { account, origin, key }: Sealing,
  { copy, note, size }: Longer,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const hashes = await tx.query<{ hash: Buffer; begun_at: string | null }>(
      `select h.hash, zendesk_sync.manifest_of(case when e.index = 0 then e.manifest end) ->> 'noted_at' as begun_at
       from zendesk_evidence.entries e
       join zendesk_evidence.hashes h on h.account = e.account and h.level = 0 and h.index = e.index
       where e.account = $1 and not exists (select from zendesk_evidence.logs where account = $1)
       order by e.index`,
      [account],
    );
    if (hashes.length !== size) return false;
    const frontier = growFrontier(
      emptyFrontier,
      hashes.map(({ hash }) => hash),
    );
    if (!isSignedFor(findRoot(frontier), note, origin, key))
      throw differs(account, copy.name, size);
    const put = await tx.query(
      `insert into zendesk_evidence.logs (account, origin, key, size, frontier, checkpoint, version, begun_at, sealed_at)
       select $1, $2, $3, $4, $5, $6, '', coalesce($7::timestamptz, clock.at), clock.at from (select now() as at) as clock
       on conflict (account) do nothing returning 1`,
      [
        account,
        origin,
        formatVerifierKey(key.verifier),
        size,
        formatFrontier(frontier),
        note,
        hashes[0]?.begun_at ?? null,
      ],
    );
    return put.length > 0;
  }, longLimitMs);
}

function isSignedFor(root: Buffer, note: string, origin: string, key: SigningKey): boolean {
  try {
    return root.equals(openCheckpoint(note, origin, [key.verifier]).checkpoint.root);
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    return false;
  }
}
