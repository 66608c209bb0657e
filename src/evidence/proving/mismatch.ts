/** Explains what is wrong with a page whose rows cannot be proven. */
import type { Database } from '../../database/client.ts';
import type { LogStream } from '../../streams/stream.ts';
import { nameKeys } from '../salts.ts';
import type { SealedEntry } from '../verification/entry.ts';
import { loadSealedRows } from '../verification/adopted.ts';
import type { ArchivedRows } from '../verification/archived-rows.ts';
import { comparePage } from '../verification/page-rows.ts';
import { loadDroppers } from './adopted.ts';
import { loadPersonKeys } from './person-keys.ts';

/** Sentences that name the rows of a page that are not as sealed; none if that is not the obstacle to a proof. */
export async function explainMismatch(
  db: Database,
  account: string,
  stream: LogStream,
  entry: SealedEntry,
  archive?: ArchivedRows,
): Promise<readonly string[]> {
  if (entry.kind === 'adopted')
    return [
      `Not all of the ${entry.rows?.count} rows of ${stream.name} that were there before the log was begun (entry ${entry.index} of the log) are as they were adopted.`,
    ];
  const [row] = await db.query<{ tags: Buffer | null }>(
    'select tags from zendesk_evidence.entries where account = $1 and index = $2::bigint',
    [account, entry.index],
  );
  const droppers = await loadDroppers(db, account);
  const written = await loadSealedRows(db, stream, account, entry, droppers, archive);
  const timed = written.map(({ micros, row: own }) => ({
    timeMs: Number(micros) / 1000,
    row: own,
  }));
  const keys = await loadPersonKeys(db, account, nameKeys(stream.table, timed));
  const tagged = { ...entry, tags: row?.tags ?? undefined };
  const findings = await comparePage(db, { account, stream, keys, archive }, tagged, droppers);
  return findings.map(({ sentence }) => sentence);
}
