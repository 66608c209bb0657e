/** The newest checkpoint of a log, in the form sent to places outside the database. */
import type { Queryable } from '../../database/client.ts';
import { parseCheckpoint, type Checkpoint } from '../forms/checkpoint.ts';
import { addSignatures, formatNote, parseNote } from '../forms/note.ts';
import { loadCheckpoint } from '../tile-store.ts';

/** A checkpoint and the signed note that contains it. */
export type Head = {
  readonly account: string;
  readonly note: string;
  readonly checkpoint: Checkpoint;
};

/** The newest checkpoint of an account's log, with the cosignatures that witnesses have given; undefined before the first. */
export async function loadHead(db: Queryable, account: string): Promise<Head | undefined> {
  const note = await loadCheckpoint(db, account);
  if (note === undefined) return undefined;
  const checkpoint = parseCheckpoint(parseNote(note).text);
  return withCosignatures(db, { account, note, checkpoint });
}

/** The same checkpoint with its cosignatures so far. */
export async function withCosignatures(db: Queryable, head: Head): Promise<Head> {
  const rows = await db.query<{ note: string }>(
    `select note from zendesk_evidence.anchors
     where account = $1 and kind = 'witness' and size = $2::bigint and root = $3 order by id`,
    [head.account, head.checkpoint.size, Buffer.from(head.checkpoint.root)],
  );
  const own = parseNote(head.note);
  const cosigned = rows.map(({ note }) => parseNote(note)).filter(({ text }) => text === own.text);
  const signatures = cosigned.flatMap((note) => note.signatures);
  return { ...head, note: formatNote(addSignatures(own, signatures)) };
}
