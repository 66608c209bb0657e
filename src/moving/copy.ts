/** Copies the parts of an account, each in one transaction with the note that it was, and compares them afterwards. */
import type { Database, Transaction } from '../database/client.ts';
import { longLimitMs } from '../database/client.ts';
import type { EnsurePartitions } from '../database/partitions.ts';
import { KnownError } from '../errors.ts';
import { countsItself } from '../ingest/own-counts.ts';
import { createSumming, hashRows } from './digest.ts';
import { selectPart, type Part } from './parts.ts';

/** Both databases, and which move it is. */
export type Move = {
  readonly account: string;
  /** Its id. */
  readonly move: string;
  readonly source: Database;
  readonly target: Database;
};

/** Lets a transaction of the move write what others may not. */
export async function markOwn(tx: Pick<Transaction, 'query'>, move: string): Promise<void> {
  await tx.query(`select ${countsItself}, set_config('zendesk_sync.moves', $1, true)`, [move]);
}

const dayMs = 86_400_000;

/** Copies a part, unless that was done before. */
export async function copyPart(
  { account, move, source, target }: Move,
  part: Part,
  ensurePartitions: EnsurePartitions,
): Promise<void> {
  const { table, number, days } = part;
  const { partitions } = table;
  if (partitions !== undefined && days !== undefined)
    await ensurePartitions(partitions.of, listDays(days));
  const { statement, values } = selectPart(account, part);
  // What nobody can delete may be there from the time before the account left.
  const known = table.isPermanent
    ? await hashRows(target.copyOut(statement, values))
    : new Set<string>();
  await target.transaction(async (tx) => {
    await markOwn(tx, move);
    const done = await tx.query(
      'select from zendesk_sync.move_parts where account = $1 and moved_table = $2 and part = $3',
      [account, table.name, number],
    );
    if (done.length > 0) return;
    const summing = createSumming(known);
    await tx.copyIn(
      `copy ${table.name} (${table.columns.join(', ')}) from stdin`,
      summing.pass(source.copyOut(statement, values)),
    );
    const { rows, sum } = summing.digest();
    await tx.query(
      `insert into zendesk_sync.move_parts (account, moved_table, part, rows, digest) values ($1, $2, $3, $4, $5)`,
      [account, table.name, number, rows, sum],
    );
    for (const { column, sequence } of table.numbered)
      await tx.query(
        `select setval('${sequence}', greatest((select max(${column}) from ${table.name} where account = $1), nextval('${sequence}')))`,
        [account],
      );
  }, longLimitMs);
}

function listDays([from, until]: readonly [string, string]): readonly number[] {
  const [first, end] = [Date.parse(`${from}T00:00:00Z`), Date.parse(`${until}T00:00:00Z`)];
  return Array.from({ length: Math.round((end - first) / dayMs) }, (_, day) => first + day * dayMs);
}

type CopiedPart = { readonly rows: string; readonly digest: Buffer; readonly checked: boolean };

/**
 * Reads a part where it came to, and compares it with what was read where it came from.
 *
 * @throws {KnownError} `move_failed` when it is not the same
 */
export async function checkPart({ account, target }: Move, part: Part): Promise<void> {
  const { table, number } = part;
  const key = [account, table.name, number];
  const [copied] = await target.query<CopiedPart>(
    `select rows::text as rows, digest, checked_at is not null as checked from zendesk_sync.move_parts
     where account = $1 and moved_table = $2 and part = $3`,
    key,
  );
  if (copied?.checked === true) return;
  const { statement, values } = selectPart(account, part);
  const summing = createSumming();
  for await (const _ of summing.pass(target.copyOut(statement, values)));
  const { rows, sum } = summing.digest();
  if (copied === undefined || String(rows) !== copied.rows || !sum.equals(copied.digest))
    throw new KnownError('move_failed', {
      found: `${table.name} of ${account} was copied with ${copied?.rows ?? 'no'} rows and has ${rows} now${String(rows) === copied?.rows ? ', which are not the same' : ''}: something else has written there`,
      wayOut: 'Run it with --cancel, find out what that was, and begin again',
    });
  await target.query(
    `update zendesk_sync.move_parts set checked_at = now() where account = $1 and moved_table = $2 and part = $3`,
    key,
  );
}
