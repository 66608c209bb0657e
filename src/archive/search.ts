/**
 * Finds rows in the archive: the filters say which groups of rows may have what is asked for, and of those the columns that
 * matter are read first, the others only where a row fits.
 */
import { crc32 } from 'node:zlib';
import { KnownError } from '../errors.ts';
import { openRemoteParquet, type OpenParquet } from '../parquet/reader.ts';
import type { LogTable } from '../streams/stream.ts';
import { archiveFailure } from './failure.ts';
import { blockBytes, blockOf, mayHave, tokensOf } from './filter.ts';
import type { DescribedObject } from './manifest.ts';
import { readMatches } from './matches.ts';
import type { ArchiveRow } from './rows.ts';
import type { ArchiveStore } from './store.ts';
import type { ArchiveQuestion } from './question.ts';

/**
 * The rows of some objects that fit, in no order.
 *
 * @throws {KnownError} `archive_failed` when an object cannot be read, or there are too many rows
 */
export async function searchArchive(
  store: ArchiveStore,
  table: LogTable,
  objects: readonly DescribedObject[],
  question: ArchiveQuestion,
): Promise<readonly ArchiveRow[]> {
  const found: ArchiveRow[] = [];
  // Of a question that names nothing every row may fit: then the rows of one object are enough at a time.
  const step = question.words === undefined ? 1 : objectsAtOnce;
  for (let at = 0; at < objects.length; at += step) {
    const some = objects.slice(at, at + step);
    const rows = await Promise.all(
      some.map((object) => searchObject(store, table, object, question)),
    );
    for (const own of rows) found.push(...own);
    if (found.length > question.mostRows)
      throw archiveFailure(
        `More than ${question.mostRows.toLocaleString('en-US')} rows of the archive fit`,
        'Ask for a shorter time or for fewer ids, or bring months back with "archive restore"',
      );
  }
  return found;
}

/** Whether an object may have rows that name an id, or are by it. */
export async function mayName(
  store: ArchiveStore,
  object: DescribedObject,
  id: string,
): Promise<boolean> {
  const question = { from: -Infinity, until: Infinity, words: [id], mostRows: Infinity };
  return (await listGroups(store, object, question)).length > 0;
}

/** So many are read side by side: a bucket takes its time to answer. */
const objectsAtOnce = 16;

async function searchObject(
  store: ArchiveStore,
  table: LogTable,
  object: DescribedObject,
  question: ArchiveQuestion,
): Promise<readonly ArchiveRow[]> {
  const groups = await listGroups(store, object, question);
  if (groups.length === 0) return [];
  try {
    const file = await openObject(store, object);
    const found: ArchiveRow[] = [];
    for (const group of groups) {
      const rows = await readMatches(await file.openGroup(group), table, question);
      found.push(...(question.fits === undefined ? rows : rows.filter(question.fits)));
    }
    return found;
  } catch (error) {
    throw explainDamage(error, store, object);
  }
}

/** The groups that may have rows that fit. */
async function listGroups(
  store: ArchiveStore,
  object: DescribedObject,
  { from, until, words, moments }: ArchiveQuestion,
): Promise<readonly number[]> {
  const within = [...object.groups.entries()]
    .filter(([, [, first, last]]) => Number(first) < until && Number(last) >= from)
    .filter(
      ([, [, first, last]]) =>
        moments?.some((micros) => micros >= Number(first) && micros <= Number(last)) ?? true,
    )
    .map(([group]) => group);
  const tokens = words?.map(tokensOf);
  // A word without a digit no filter knows.
  if (within.length === 0 || tokens === undefined || tokens.some(({ length }) => length === 0))
    return within;
  const { offset, blocks, crc } = object.filters;
  const length = blocks.reduce((sum, count) => sum + count, 0) * blockBytes;
  const filters = await store.readPart(object.object, offset, offset + length);
  if (filters === undefined) throw missing(store, object);
  if (filters.length !== length || crc32(filters) !== crc) throw damaged(store, object);
  const starts = blocks.map((_, group) =>
    blocks.slice(0, group).reduce((sum, count) => sum + count, 0),
  );
  return within.filter((group) => {
    const [start = 0, count = 0] = [starts[group], blocks[group]];
    return tokens.some((own) =>
      own.every((token) => {
        const at = (start + blockOf(token, count)) * blockBytes;
        return mayHave(filters.subarray(at, at + blockBytes), token);
      }),
    );
  });
}

async function openObject(store: ArchiveStore, object: DescribedObject): Promise<OpenParquet> {
  return openRemoteParquet(object.bytes, async (from, until) => {
    const part = await store.readPart(object.object, from, until);
    if (part === undefined) throw missing(store, object);
    return part;
  });
}

function missing({ name }: ArchiveStore, { object }: DescribedObject): KnownError {
  return archiveFailure(
    `In ${name}, ${object} is not there, or may not be read`,
    'Run "archive verify"',
  );
}

function damaged({ name }: ArchiveStore, { object }: DescribedObject): KnownError {
  return archiveFailure(`In ${name}, ${object} is not as it was written`, 'Run "archive verify"');
}

/** What the reader of Parquet cannot read is damaged. */
function explainDamage(error: unknown, store: ArchiveStore, object: DescribedObject): unknown {
  return error instanceof KnownError ? error : damaged(store, object);
}
