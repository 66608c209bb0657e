/** The answers of places, as stored in the database. */
import { hash } from 'node:crypto';
import type { Queryable } from '../../database/client.ts';

/** A file of its own: its path below the folder of the log. */
export type KeptFile = { readonly path: string; readonly bytes: Buffer };

/**
 * What witnesses and time stamp authorities have answered to the checkpoints of some sizes, as files: the note, and the time
 * stamp token over its bytes. Each is named by its content, so that none is ever written twice.
 */
export async function listKept(
  db: Queryable,
  account: string,
  from: number,
  to: number,
): Promise<readonly KeptFile[]> {
  const rows = await db.query<{ size: string; note: string; token: Buffer | null }>(
    `select size::text as size, note, token from zendesk_evidence.anchors
     where account = $1 and kind in ('witness', 'time_stamp') and size between $2::bigint and $3::bigint
     order by id`,
    [account, from, to],
  );
  return rows.flatMap(({ size, note, token }) => {
    const bytes = Buffer.from(note);
    const name = `anchors/${size}/${nameOf(token ?? bytes)}`;
    const own = { path: `${name}.note`, bytes };
    return token === null ? [own] : [own, { path: `${name}.tsr`, bytes: token }];
  });
}

function nameOf(content: Buffer): string {
  return hash('sha256', content, 'hex').slice(0, 16);
}
