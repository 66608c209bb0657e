/** Rows of a table as COPY writes them: the one statement that reads what goes into the archive. */
import type { Database } from '../database/client.ts';
import type { LogTable } from '../streams/stream.ts';

/** Which rows: of an account, from a moment to before another, as Postgres writes them. */
export type RowsOf = { readonly account: string; readonly from: string; readonly until: string };

const lineFeed = 10;

/**
 * The lines of the rows in the order of their keys: whole lines, each with a line feed at its end, some at a time.
 *
 * @param fields the expressions of the select list
 */
export async function* copyLines(
  db: Database,
  { name, time, id }: Pick<LogTable, 'name' | 'time' | 'id'>,
  { account, from, until }: RowsOf,
  fields: readonly string[],
): AsyncGenerator<Buffer> {
  const pieces = db.copyOut(
    `copy (
       select ${fields.join(', ')} from ${name}
       where account = current_setting('zendesk_sync.value1')
         and ${time} >= current_setting('zendesk_sync.value2')::timestamptz
         and ${time} < current_setting('zendesk_sync.value3')::timestamptz
       order by ${time}, ${id.name}
     ) to stdout`,
    [account, from, until],
  );
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const end = bytes.lastIndexOf(lineFeed) + 1;
    rest = bytes.subarray(end);
    if (end > 0) yield bytes.subarray(0, end);
  }
}
