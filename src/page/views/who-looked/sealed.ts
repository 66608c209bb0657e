import type { Queryable } from '../../../database/client.ts';

/** What the sealed log of the account says, in a sentence: whether there is proof that rows are as they were stored. */
export async function describeSealedLog(db: Queryable, account: string): Promise<string> {
  const [log] = await db.query<{ size: number; begun_at: Date; sealed_at: Date | null }>(
    `select size::float8 as size, begun_at, sealed_at from zendesk_evidence.logs where account = $1`,
    [account],
  );
  if (log === undefined || log.sealed_at === null)
    return 'There is no sealed log, so nobody can prove that these rows are as they were stored.';
  return `The sealed log has ${log.size.toLocaleString('en-US')} entries since ${show(log.begun_at)}, the newest of ${show(log.sealed_at)}. An evidence package proves each row by it.`;
}

function show(moment: Date): string {
  return `${moment.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
