/** Whether an object is where it should be and what it should be: its bytes, and the root over its rows. */
import { hash } from 'node:crypto';
import { hashBytes, hashPackedTree } from '../evidence/forms/merkle.ts';
import type { PersonKeys } from '../evidence/salts.ts';
import { openParquet } from '../parquet/reader.ts';
import type { LogTable } from '../streams/stream.ts';
import { archiveFailure } from './failure.ts';
import { readHashedRows } from './hashed-rows.ts';
import type { ObjectFacts } from './object-facts.ts';
import type { ArchiveRow } from './rows.ts';
import type { ArchiveStore } from './store.ts';

/** What an object should be. */
type Expected = Pick<ObjectFacts, 'rows' | 'bytes' | 'sha256' | 'root'> & {
  readonly object: string;
};

/** What is wrong with an object: it is not there, has other bytes, or the bytes that were written and another root, because keys were destroyed or changed since. */
export type ObjectProblem = {
  readonly kind: 'missing' | 'changed' | 'rekeyed';
  readonly sentence: string;
};

/**
 * Reads an object from where it is, and makes its root again. With keys that were destroyed the root cannot be made; then
 * the bytes alone count.
 */
export async function checkObject(
  store: ArchiveStore,
  table: LogTable,
  keys: PersonKeys,
  expected: Expected,
): Promise<ObjectProblem | undefined> {
  const { object } = expected;
  const bytes = await store.read(object);
  if (bytes === undefined)
    return {
      kind: 'missing',
      sentence: `In ${store.name}, ${object} is not there, or may not be read`,
    };
  const describe = (kind: ObjectProblem['kind'], problem: string): ObjectProblem => ({
    kind,
    sentence: `In ${store.name}, ${object} ${problem}`,
  });
  const other = compareBytes(bytes, expected);
  if (other !== undefined) return describe('changed', other);
  const rekeyed = await compareRows(bytes, table, keys, expected);
  return rekeyed === undefined ? undefined : describe('rekeyed', rekeyed);
}

function compareBytes(bytes: Buffer, { bytes: length, sha256 }: Expected): string | undefined {
  if (bytes.length !== length) return `has ${bytes.length} bytes, and ${length} were written`;
  if (hash('sha256', bytes, 'hex') !== sha256) return 'has other bytes than were written';
  return undefined;
}

async function compareRows(
  bytes: Buffer,
  table: LogTable,
  keys: PersonKeys,
  expected: Expected,
): Promise<string | undefined> {
  const check = createRowCheck(expected);
  for await (const rows of readHashedRows(openParquet(bytes), table, keys)) check.add(rows);
  return check.end();
}

/** Makes the root of an object again from its rows as they are read. */
type RowCheck = {
  add(rows: readonly ArchiveRow[]): void;
  /** What is wrong with them all; undefined where nothing is. */
  end(): string | undefined;
};

function createRowCheck({ rows: wanted, root }: Expected): RowCheck {
  const leaves = Buffer.allocUnsafe(wanted * hashBytes);
  let [count, isErased] = [0, false];
  return {
    add(rows) {
      for (const { leaf } of rows) {
        if (leaf === undefined) isErased = true;
        else if (count < wanted) leaves.write(leaf, count * hashBytes, 'latin1');
        count += 1;
      }
    },
    end() {
      if (count !== wanted) return `has ${count} rows, and ${wanted} were written`;
      if (isErased || hashPackedTree(leaves).toString('base64') === root) return undefined;
      return 'has other rows than were written';
    },
  };
}

/** Reads an object from where it is, checks its bytes, and its root as its rows are read. @throws {KnownError} `archive_failed` */
export async function* readChecked(
  store: ArchiveStore,
  table: LogTable,
  keys: PersonKeys,
  expected: Expected,
): AsyncGenerator<readonly ArchiveRow[]> {
  const { object } = expected;
  const refuse = (what: string): Error =>
    archiveFailure(
      `In ${store.name}, ${object} ${what} when it is read back`,
      'Nothing was dropped',
    );
  const bytes = await store.read(object);
  if (bytes === undefined) throw refuse('is not there, or may not be read');
  const problem = compareBytes(bytes, expected);
  if (problem !== undefined) throw refuse(problem);
  const check = createRowCheck(expected);
  for await (const rows of readHashedRows(openParquet(bytes), table, keys)) {
    check.add(rows);
    yield rows;
  }
  const wrong = check.end();
  if (wrong !== undefined) throw refuse(wrong);
}
