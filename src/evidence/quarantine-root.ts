/**
 * Commitments to the records in quarantine: to the bytes of each as Zendesk sent it, behind a salt like what is personal in
 * a row (docs/evidence.md).
 */
import { createHash } from 'node:crypto';
import type { Queryable } from '../database/client.ts';
import { hashLeaf, hashTree } from './forms/merkle.ts';
import { ensurePersonKeys, nameKey, type PersonKeys } from './salts.ts';

/** A record in quarantine: its stream, when it first came in microseconds since 1970, and its bytes. */
export type KeptRecord = {
  readonly stream: string;
  readonly micros: string;
  readonly content: Buffer;
};

/** The version of the form of records in quarantine; part of every leaf. */
const leafVersion = 1;

/** The hashes of the leaves of records, in the transaction that puts them into quarantine or takes them out. */
export async function commitToRecords(
  tx: Queryable,
  account: string,
  records: readonly KeptRecord[],
): Promise<readonly Buffer[]> {
  const names = new Set(records.map(({ micros }) => nameRecordKey(micros)));
  const keys = await ensurePersonKeys(tx, account, [...names]);
  return records.map((record) => {
    const leaf = hashRecord(record, keys);
    if (leaf === undefined) throw new Error('A record in quarantine has no key for its salt.');
    return leaf;
  });
}

/** The hash of the leaf of a record; undefined when the key of its salt is gone. */
export function hashRecord(
  { stream, micros, content }: KeptRecord,
  keys: PersonKeys,
): Buffer | undefined {
  const key = keys.get(nameRecordKey(micros));
  if (key === undefined) return undefined;
  const salt = sha256(Buffer.concat([key, sha256(content)])).toString('hex');
  const plain = sha256(Buffer.from(`${stream}\t${micros}`));
  const hidden = sha256(Buffer.concat([Buffer.from(salt), content]));
  return hashLeaf(Buffer.concat([Buffer.of(leafVersion), plain, hidden]));
}

/** The root over records: their leaves are in the order of their hashes. */
export function rootOfRecords(leaves: readonly Buffer[]): string {
  return hashTree(leaves.toSorted((a, b) => a.compare(b))).toString('base64');
}

/** The owner of a record is unknown: its key is that of no person. */
function nameRecordKey(micros: string): string {
  const month = new Date(Number(micros) / 1000).toISOString().slice(0, 7);
  return nameKey('0', `${month}-01`);
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
