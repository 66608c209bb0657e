/** The keys of the salts, which are needed to hash rows again. */
import type { Queryable } from '../../database/client.ts';
import { nameKey, type PersonKeys } from '../salts.ts';

/** All keys of an account. */
export async function loadPersonKeys(db: Queryable, account: string): Promise<PersonKeys> {
  const rows = await db.query<{ person: string; month: string; key: Buffer }>(
    'select person::text as person, month::text as month, key from zendesk_evidence.person_keys where account = $1',
    [account],
  );
  return new Map(rows.map(({ person, month, key }) => [nameKey(person, month), key]));
}
