/** Holds keep partitions from the archive: what is held stays where it is. */
import type { Queryable } from '../../database/client.ts';
import { loadHolds } from '../../retention/holds.ts';
import type { Span } from '../../span.ts';

/** The names of the holds of an account that something of a stretch of a log may be under. */
export async function listHeld(
  db: Queryable,
  account: string,
  stream: string,
  { from, to }: Span,
): Promise<readonly string[]> {
  const holds = await loadHolds(db, account);
  return holds
    .filter((hold) => hold.stream === undefined || hold.stream === stream)
    .filter(({ span }) => span.from < to && span.to > from)
    .map(({ name }) => name);
}
