import type { Queryable } from './client.ts';

/**
 * When a transaction began: `now()`, as text. For statements that compare it with stored times: where the rows are on
 * another server, `now()` in a question is that server's.
 */
export async function startOf(tx: Queryable): Promise<string> {
  const [row] = await tx.query<{ start: string }>('select now()::text as start');
  if (row === undefined) throw new Error('Postgres did not say what time it is.');
  return row.start;
}
