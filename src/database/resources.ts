import type { Transaction } from './client.ts';
import { renderValue } from './copy-text.ts';
import type { LogRow } from './log-row.ts';

/** Stores what the given new rows of the access log were about; rows about nothing leave no trace. */
export async function copyResources(
  tx: Transaction,
  account: string,
  rows: readonly LogRow[],
): Promise<void> {
  if (rows.some(({ resources }) => resources.length > 0))
    await tx.copy(copyResourcesStatement, renderResources(account, rows));
}

/** The lines of COPY for what the given rows were about. */
export function* renderResources(account: string, rows: readonly LogRow[]): Generator<string> {
  const start = renderValue(account);
  for (const { id, row, resources } of rows) {
    const key = `${start}\t${String(row['timestamp'])}\t${renderValue(id)}\t`;
    const person = `\t${renderValue(row['user_id'])}\t${renderValue(row['status'])}\t`;
    for (const [position, { kind, type, id: resourceId, searchQuery }] of resources.entries())
      yield `${key}${position}\t${kind}\t${renderValue(type)}\t${renderValue(resourceId)}${person}${renderValue(searchQuery)}\n`;
  }
}

/** Says anew what the given rows were about. What was said of rows that were deleted by hand since does not stay. */
export async function replaceResources(
  tx: Transaction,
  account: string,
  rows: readonly LogRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const times = rows.map(({ timeMs }) => timeMs);
  await tx.query(
    `delete from zendesk.access_log_resources r
     using unnest($2::timestamptz[], $3::text[]) as gone (timestamp, id)
     where r.account = $1 and r.timestamp = gone.timestamp and r.access_log_id = gone.id
       and r.timestamp between $4 and $5`,
    [
      account,
      rows.map(({ row }) => row['timestamp']),
      rows.map(({ id }) => id),
      new Date(Math.min(...times)),
      new Date(Math.max(...times)),
    ],
  );
  await copyResources(tx, account, rows);
}

/** Takes the lines of `renderResources`. */
export const copyResourcesStatement = `copy zendesk.access_log_resources
  (account, timestamp, access_log_id, position, kind, resource_type, resource_id, user_id, status, search_query)
  from stdin`;
