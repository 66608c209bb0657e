/**
 * Another key takes over a log: an entry of kind `key`, whose `note` both keys have signed. The note is the checkpoint of the
 * log before the entry, with the line `key` and the verifier key that takes over. Both sign the checkpoint over the entry
 * too, so that anyone who knows only the previous key can follow.
 */
import type { Database, Queryable } from '../database/client.ts';
import { KnownError } from '../errors.ts';
import { openFrontier } from './edge.ts';
import { formatVerifierKey, type SigningKey } from './forms/keys.ts';
import { appendEntries } from './sealed-log.ts';
import { inUtc } from './stored-rows.ts';
import { signTakeover } from './takeover.ts';

/** A log, and the key that takes over from another. */
type Rotation = {
  readonly account: string;
  readonly origin: string;
  readonly from: SigningKey;
  readonly to: SigningKey;
};

/** The result: the entry, and whether it existed already. */
type Rotated = { readonly account: string; readonly entry: number; readonly isNew: boolean };

/**
 * Hands some logs over to other keys, all or none of them. Safe to call again.
 *
 * @throws {KnownError} `sealing_key_differs` when a log is signed with neither key; `sealed_log_differs` when its newest
 *   checkpoint was not signed for the tree that the database has
 */
export async function rotateKeys(
  db: Database,
  rotations: readonly Rotation[],
): Promise<readonly Rotated[]> {
  return db.transaction(async (tx) => {
    const rotated: Rotated[] = [];
    for (const rotation of rotations) rotated.push(await rotateKey(tx, rotation));
    return rotated;
  });
}

async function rotateKey(
  tx: Parameters<Parameters<Database['transaction']>[0]>[0],
  { account, origin, from, to }: Rotation,
): Promise<Rotated> {
  const [former, next] = [formatVerifierKey(from.verifier), formatVerifierKey(to.verifier)];
  const [log] = await tx.query<LogRow & { readonly now: string }>(
    `select key, frontier, checkpoint, ${inUtc('now()')} as now from zendesk_evidence.logs where account = $1 for update`,
    [account],
  );
  if (log?.key === next)
    return { account, entry: await findEntry(tx, account, next), isNew: false };
  if (log === undefined || log.key !== former) throw refuseOther(account);
  const frontier = openFrontier(log, { account, origin, key: from });
  const manifest = {
    kind: 'key',
    stored_at: log.now,
    from: former,
    to: next,
    note: signTakeover(origin, frontier, from, to),
  };
  await appendEntries(tx, { account, origin, keys: [to, from] }, frontier, [manifest], [null]);
  await noteTakeover(tx, account, { from: former, to: next, entry: frontier.size });
  return { account, entry: frontier.size, isNew: true };
}

type LogRow = {
  readonly key: string;
  readonly frontier: Buffer;
  readonly checkpoint: string | null;
};

/** Records that another key signs a log from an entry on. */
export async function noteTakeover(
  tx: Queryable,
  account: string,
  { from, to, entry }: { readonly from: string; readonly to: string; readonly entry: number },
): Promise<void> {
  await tx.query('update zendesk_evidence.logs set key = $2 where account = $1', [account, to]);
  await tx.query(
    `insert into zendesk_evidence.keys (account, key, since_entry, since) values ($1, $2, 0, now()), ($1, $3, $4, now())
     on conflict (account, key) do update
     set since_entry = excluded.since_entry, since = excluded.since where keys.key = $3`,
    [account, from, to, entry],
  );
}

function refuseOther(account: string): KnownError {
  return new KnownError('sealing_key_differs', {
    found: `The sealed log of ${account} is signed with another key than the one of the settings`,
    wayOut: 'Set SIGNING_KEY_FILE to the key that signs it now: only that one can hand it over',
  });
}

async function findEntry(tx: Queryable, account: string, key: string): Promise<number> {
  const [row] = await tx.query<{ entry: number }>(
    'select since_entry::float8 as entry from zendesk_evidence.keys where account = $1 and key = $2',
    [account, key],
  );
  return row?.entry ?? 0;
}
