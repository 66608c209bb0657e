/** The keys that the salts of some rows are derived from; none is made. */
import type { Queryable } from '../../database/client.ts';
import { nameKey, type PersonKeys } from '../salts.ts';

/** The keys with these names that still exist. */
export async function loadPersonKeys(
  db: Queryable,
  account: string,
  names: readonly string[],
): Promise<PersonKeys> {
  const parts = names.map((name) => name.split(' '));
  const rows = await db.query<{ person: string; month: string; key: Buffer }>(
    `select k.person::text as person, k.month::text as month, k.key
     from unnest($2::bigint[], $3::date[]) as w (person, month)
     join zendesk_evidence.person_keys k on k.account = $1 and k.person = w.person and k.month = w.month`,
    [account, parts.map(([person]) => person), parts.map(([, month]) => month)],
  );
  return new Map(rows.map(({ person, month, key }) => [nameKey(person, month), key]));
}
