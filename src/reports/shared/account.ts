/** Which account a report is about. */
import type { Queryable } from '../../database/client.ts';
import { KnownError, refuseInput } from '../../errors.ts';

/**
 * The account of a report: the given one, the configured one, or the only one that is stored.
 *
 * @throws {KnownError} `bad_input` when several are possible or the given one is not stored
 * @throws {KnownError} `nothing_pulled` when nothing was ever pulled
 */
export async function chooseAccount(
  db: Queryable,
  asked: string | undefined,
  configured: string | undefined,
): Promise<string> {
  const rows = await db.query<{ account: string }>(
    'select distinct account from zendesk_sync.streams order by account',
  );
  const stored = rows.map(({ account }) => account);
  const [first, ...others] = stored;
  if (first === undefined)
    throw new KnownError('nothing_pulled', {
      found: 'Nothing has been pulled yet',
      wayOut: 'run "sync" or "serve" first',
    });
  const wanted = asked ?? (configured === '' ? undefined : configured);
  if (wanted === undefined) {
    if (others.length === 0) return first;
    throw refuseInput([
      `The database has the accounts ${stored.join(', ')}. Choose one with --account.`,
    ]);
  }
  if (stored.includes(wanted)) return wanted;
  throw refuseInput([
    `There are no rows of the account "${wanted}". The database has ${stored.join(', ')}. Choose one with --account.`,
  ]);
}
