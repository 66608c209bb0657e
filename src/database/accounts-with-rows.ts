import type { Queryable } from './client.ts';

/**
 * The accounts that a table has rows of, in their order: one look into the index of its key for each. Several statements,
 * because one that refers to itself would have to know its account where the table is spread over servers.
 */
export async function listAccountsWithRows(
  db: Queryable,
  table: string,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (;;) {
    const last = found.at(-1);
    const [row] = await db.query<{ account: string | null }>(
      `select min(account) as account from ${table}${last === undefined ? '' : ' where account > $1'}`,
      last === undefined ? [] : [last],
    );
    if (row === undefined || row.account === null) return found;
    found.push(row.account);
  }
}
