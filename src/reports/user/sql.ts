/** The previous names of a person, and when the people were listed. */
import type { Queryable } from '../../database/client.ts';
import { users } from '../../streams/users.ts';

/** The previous names, addresses and roles of a person, newest first, at most five. */
export async function loadFormerStates(
  db: Queryable,
  account: string,
  id: string,
): Promise<{ name: string | null; email: string | null; role: string | null; until: Date }[]> {
  return db.query(
    `select name, email, role, valid_to as until
     from zendesk.user_history
     where account = $1 and id = $2 and valid_to is not null
     order by valid_from desc
     limit 5`,
    [account, id],
  );
}

/** When the people were last listed completely; null when they never were. */
export async function loadListedAt(db: Queryable, account: string): Promise<Date | null> {
  const [row] = await db.query<{ at: Date | null }>(
    `select max(started_at) as at from zendesk_sync.runs
     where account = $1 and stream = $2 and task = 'listing' and outcome = 'complete'`,
    [account, users.name],
  );
  return row?.at ?? null;
}
