/**
 * What people said about findings, as stored in the sealed log: a commitment for each finding, behind a salt like that of what is
 * personal in a row (docs/evidence.md).
 */
import type { Queryable } from '../database/client.ts';
import { noteManifest } from './pending.ts';
import { commitToRecords, type KeptRecord } from './quarantine-root.ts';
import { inMicros } from './stored-rows.ts';

/** An acknowledgement as stored in the table of findings. */
export type StoredAcknowledgement = {
  readonly finding: string;
  /** When, in microseconds since 1970. */
  readonly micros: string;
  readonly by: string;
  readonly note: string;
};

/** The columns of an acknowledgement, for statements on `zendesk.findings`. */
export const selectAcknowledgement = `finding, ${inMicros('acknowledged_at')} as micros,
  coalesce(acknowledged_by, '') as by, coalesce(acknowledged_note, '') as note`;

/** An entry holds at most 65,535 bytes: so many findings go into one. */
const mostListed = 500;

/** Records for the sealed log who acknowledged findings, in the transaction that stores the acknowledgement. */
export async function noteAcknowledged(
  tx: Queryable,
  account: string,
  acknowledged: readonly StoredAcknowledgement[],
): Promise<void> {
  const leaves = await commitToRecords(tx, account, acknowledged.map(recordOf));
  const pairs = acknowledged.map(
    ({ finding }, at) => [finding, (leaves[at] ?? Buffer.of()).toString('base64')] as const,
  );
  for (let at = 0; at < pairs.length; at += mostListed)
    await noteManifest(
      tx,
      { account, stream: '' },
      { kind: 'acknowledged', acknowledged: pairs.slice(at, at + mostListed) },
    );
}

/** What is hashed of an acknowledgement. No text of Postgres has a zero byte. */
export function recordOf({ finding, micros, by, note }: StoredAcknowledgement): KeptRecord {
  return { stream: `finding ${finding}`, micros, content: Buffer.from(`${by}\0${note}`) };
}
