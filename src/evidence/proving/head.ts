/** The state of a sealed log that proofs lead to. */
import type { Queryable } from '../../database/client.ts';
import { withCosignatures } from '../anchoring/head.ts';
import { openCheckpoint } from '../forms/checkpoint.ts';
import { parseVerifierKey } from '../forms/keys.ts';
import { inUtc } from '../stored-rows.ts';

/** A checkpoint, and what is known about its log. */
export type SealedHead = {
  readonly account: string;
  readonly origin: string;
  /** The keys that signed the log, one a line: that of the checkpoint first. */
  readonly keys: readonly string[];
  /** The checkpoint, a signed note. */
  readonly note: string;
  readonly size: number;
  readonly root: Buffer;
  /** When the log began: rows stored earlier are not in it. */
  readonly begunAt: string;
};

/** The newest state of an account's log; undefined before the first. @throws {FormError} for a checkpoint that its key did not sign */
export async function loadSealedHead(
  db: Queryable,
  account: string,
): Promise<SealedHead | undefined> {
  const [log] = await db.query<{
    origin: string;
    key: string;
    checkpoint: string | null;
    begun: string;
  }>(
    `select origin, key, checkpoint, ${inUtc('begun_at')} as begun
     from zendesk_evidence.logs where account = $1`,
    [account],
  );
  if (log === undefined || log.checkpoint === null) return undefined;
  const { origin, key, checkpoint: note, begun } = log;
  const { checkpoint } = openCheckpoint(note, origin, [parseVerifierKey(key)]);
  const { size, root } = checkpoint;
  const cosigned = await withCosignatures(db, { account, note, checkpoint });
  return {
    account,
    origin,
    keys: [...new Set([key, ...(await listFormerKeys(db, account))])],
    note: cosigned.note,
    size,
    root: Buffer.from(root),
    begunAt: begun,
  };
}

async function listFormerKeys(db: Queryable, account: string): Promise<readonly string[]> {
  const rows = await db.query<{ key: string }>(
    'select key from zendesk_evidence.keys where account = $1 order by since_entry desc',
    [account],
  );
  return rows.map(({ key }) => key);
}
