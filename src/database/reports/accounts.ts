import type { Queryable } from '../client.ts';

/** The keys of all accounts of which something was ever pulled. */
export async function listAccounts(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ account: string }>(
    'select distinct account from zendesk_sync.streams order by account',
  );
  return rows.map(({ account }) => account);
}
