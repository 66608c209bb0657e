/** What people can have done in the page, of the accounts of each database as soon as it is there. */
import { KnownError } from '../../errors.ts';
import type { HttpServer } from '../../http/server.ts';
import type { Perform } from '../../page/action.ts';

/** For the accounts of a database: a function that says what does it, and that it is no longer done. */
export function createOffers(
  offer: HttpServer['offer'],
): (accounts: readonly string[]) => HttpServer['offer'] {
  const performers = new Map<string, Perform>();
  const performAny: Perform = async (action, by) => {
    const perform = performers.get(action.account);
    if (perform !== undefined) return perform(action, by);
    throw new KnownError('database_unreachable', {
      found: `The database of ${action.account} is not available at the moment`,
      wayOut: 'Try again when it is',
    });
  };
  return (accounts) => (perform) => {
    for (const account of accounts)
      if (perform === undefined) performers.delete(account);
      else performers.set(account, perform);
    offer(performers.size === 0 ? undefined : performAny);
  };
}
