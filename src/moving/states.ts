/** Where an account is on its way, in both databases, and who may write meanwhile. */
import { randomUUID } from 'node:crypto';
import type { Database, Queryable, Transaction } from '../database/client.ts';
import { sqlstates } from '../database/sqlstates.ts';
import { KnownError } from '../errors.ts';
import { noteManifest } from '../evidence/pending.ts';
import { markOwn, type Move } from './copy.ts';

/** What a database knows of a move. */
export type MoveState = {
  readonly move: string;
  readonly state: 'leaving' | 'left' | 'arriving' | 'arrived';
  readonly other: string;
  /** Whether its rows were deleted where it left. */
  readonly isCleared: boolean;
};

/** The newest move of an account in a database; undefined where it never moved. */
export async function loadMove(db: Queryable, account: string): Promise<MoveState | undefined> {
  const [found] = await db.query<MoveState>(
    `select move::text as move, state, other, cleared_at is not null as "isCleared" from zendesk_sync.moves where account = $1`,
    [account],
  );
  return found;
}

/** Whether a database has an account: its streams were registered there. */
export async function hasAccount(db: Queryable, account: string): Promise<boolean> {
  const found = await db.query('select from zendesk_sync.streams where account = $1 limit 1', [
    account,
  ]);
  return found.length > 0;
}

/** The names of both databases. */
export type Names = { readonly from: string; readonly to: string };

const setState = `insert into zendesk_sync.moves (account, move, state, other, started_at) values ($1, $2, $3, $4, now())
  on conflict (account) do update
  set move = excluded.move, state = excluded.state, other = excluded.other, started_at = excluded.started_at, ended_at = null, cleared_at = null`;

/** How often to wait for those who write at this moment: a page takes less. */
const lockTries = 20;

/**
 * Begins a move: from now on nobody else writes anything of the account, in either database. What is being written when it
 * begins is waited for.
 *
 * @returns its id
 * @throws {KnownError} `move_failed` when both names are for the same database
 */
export async function beginMove(
  { source, target }: Pick<Move, 'source' | 'target'>,
  account: string,
  { from, to }: Names,
): Promise<string> {
  const move = randomUUID();
  await target.query(setState, [account, move, 'arriving', from]);
  if ((await loadMove(source, account))?.move === move) {
    await target.query('delete from zendesk_sync.moves where account = $1', [account]);
    throw new KnownError('move_failed', {
      found: `${from} and ${to} are the same database`,
      wayOut: 'Name another one',
    });
  }
  await closeOff(source, (tx) => tx.query(setState, [account, move, 'leaving', to]));
  return move;
}

/** Waits until nobody writes, with the locks under which the state is set: what begins later sees it. */
async function closeOff(
  db: Database,
  set: (tx: Transaction) => Promise<unknown>,
  tries = lockTries,
): Promise<void> {
  try {
    await db.transaction(async (tx) => {
      await tx.query(`set local lock_timeout = '2s'`);
      await tx.query(
        `lock table zendesk_sync.leases, zendesk_sync.budgets, zendesk_sync.streams, zendesk_evidence.pending, zendesk_evidence.logs
         in share row exclusive mode`,
      );
      await set(tx);
    });
  } catch (error) {
    const isBusy = error instanceof KnownError && error.sqlState === sqlstates.lockNotAvailable;
    if (!isBusy || tries <= 1) throw error;
    await closeOff(db, set, tries - 1);
  }
}

/** The account has arrived: the source marks it as left, and after that the target accepts writes. */
export async function endMove(
  { account, move, source, target }: Move,
  { from, to }: Names,
): Promise<void> {
  await source.query(
    `update zendesk_sync.moves set state = 'left', ended_at = now() where account = $1 and move = $2 and state = 'leaving'`,
    [account, move],
  );
  await target.transaction(async (tx) => {
    await markOwn(tx, move);
    const arrived = await tx.query(
      `update zendesk_sync.moves set state = 'arrived', ended_at = now()
       where account = $1 and move = $2 and state = 'arriving' returning 1`,
      [account, move],
    );
    if (arrived.length === 0) return;
    const [log] = await tx.query<{ size: number; checkpoint: string | null }>(
      'select size::float8 as size, checkpoint from zendesk_evidence.logs where account = $1',
      [account],
    );
    const { size = 0, checkpoint = null } = log ?? {};
    await noteManifest(
      tx,
      { account, stream: '' },
      { kind: 'moved', move, from, to, size, ...(checkpoint !== null && { checkpoint }) },
    );
  });
}
