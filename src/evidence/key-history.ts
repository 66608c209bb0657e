/** The keys that signed the sealed logs, according to the database. The entries of a log decide. */
import type { Queryable } from '../database/client.ts';
import { KnownError } from '../errors.ts';

/** A log and one of its keys. */
export type LogKey = {
  readonly account: string;
  readonly origin: string;
  readonly key: string;
  /** Place of the first entry that it signs. */
  readonly since_entry: number;
  /** Whether it is the current key. */
  readonly signs: boolean;
};

/** The keys of every log, oldest first. */
export async function listLogKeys(db: Queryable): Promise<readonly LogKey[]> {
  return db.query<LogKey>(
    `select l.account, l.origin, coalesce(k.key, l.key) as key,
       coalesce(k.since_entry, 0)::float8 as since_entry, l.key = coalesce(k.key, l.key) as signs
     from zendesk_evidence.logs l left join zendesk_evidence.keys k using (account)
     order by l.account, since_entry`,
  );
}

/** The error for a process whose key is not the current key of a log. */
export async function explainOtherKey(
  db: Queryable,
  account: string,
  own: string,
): Promise<KnownError> {
  const keys = (await listLogKeys(db)).filter((each) => each.account === account);
  const current = keys.find(({ signs }) => signs);
  if (current !== undefined && keys.some(({ key }) => key === own))
    return new KnownError('sealing_key_differs', {
      found: `Since entry ${current.since_entry} the sealed log of ${account} is signed with a new key, and this process still has the one before`,
      wayOut:
        'Set SIGNING_KEY_FILE to the new key for every process and start them again; if "keys rotate" was interrupted, run it again first',
    });
  return new KnownError('sealing_key_differs', {
    found: `The sealed log of ${account} is signed with another key than the one of this process`,
    wayOut:
      'Give every process the same SIGNING_KEY_FILE; a container that creates a key at each start has a different key each time. To change the key, run "keys rotate"',
  });
}
