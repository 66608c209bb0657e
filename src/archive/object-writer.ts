/** Makes the objects of a month: Parquet, compressed with zstd, with the root over the rows and the filters of their groups. */
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { PersonKeys } from '../evidence/salts.ts';
import { startParquet } from '../parquet/writer.ts';
import type { LogTable } from '../streams/stream.ts';
import { toSchema, type ArchiveColumn } from './columns.ts';
import { blockBytes } from './filter.ts';
import type { LineBatch } from './hot-lines.ts';
import { mostObjectBytes, mostObjectRows } from './layout.ts';
import { createGroup, type ObjectGroup } from './object-group.ts';
import { createTally } from './tally.ts';
import type { ObjectFacts } from './object-facts.ts';

/** An object that is still in memory. */
type MadeObject = ObjectFacts & { readonly content: Buffer };

/** What the objects of a log are made with. */
type ObjectForm = {
  readonly table: LogTable;
  readonly columns: readonly ArchiveColumn[];
  readonly keys: PersonKeys;
  readonly mostRows?: number;
};

/**
 * The objects over some rows in the order of their keys, one after the other.
 *
 * @param refuse makes the error for a row that has no leaf
 */
export async function* makeObjects(
  batches: AsyncIterable<LineBatch>,
  form: ObjectForm,
  refuse: (id: string) => Error,
): AsyncGenerator<MadeObject> {
  const { mostRows = mostObjectRows } = form;
  // It is used again: what it has in memory is as large as a group.
  const group = createGroup(form.table, form.columns);
  let object: ReturnType<typeof startObject> | undefined;
  for await (const { bytes, starts } of batches)
    for (const start of starts) {
      object ??= startObject(form, group, refuse);
      object.add(bytes, start);
      if (object.rows() < mostRows && object.bytes() < mostObjectBytes) continue;
      yield object.end();
      object = undefined;
    }
  if (object !== undefined) yield object.end();
}

/** An object that rows are added to. */
function startObject(
  { table, columns, keys }: ObjectForm,
  group: ReturnType<typeof createGroup>,
  refuse: (id: string) => Error,
): {
  add(bytes: Buffer, start: number): void;
  rows(): number;
  bytes(): number;
  end(): MadeObject;
} {
  const file = startParquet({ schema: toSchema(columns), codec: 'ZSTD' });
  const tally = createTally(table, keys, refuse);
  const groups: ObjectGroup[] = [];
  const filters: Buffer[] = [];
  let written = 0n;
  const endGroup = (): void => {
    const ended = group.end();
    if (ended === undefined) return;
    file.writeValues(ended.columns);
    groups.push(ended.group);
    filters.push(ended.filter);
    written += ended.written;
  };
  return {
    add(bytes, start) {
      const isFull = group.add(bytes, start);
      tally.add(bytes, group.ends);
      if (isFull) endGroup();
    },
    rows: () => tally.rows(),
    bytes: () => file.bytes(),
    end() {
      endGroup();
      const offset = file.bytes();
      for (const filter of filters) file.append(filter);
      file.finish();
      const content = Buffer.from(file.take().buffer);
      return {
        content,
        ...tally.end(),
        written: String(written),
        bytes: content.length,
        sha256: hash('sha256', content, 'hex'),
        groups,
        filters: {
          offset,
          blocks: filters.map(({ length }) => length / blockBytes),
          crc: crc32(Buffer.concat(filters)),
        },
      };
    },
  };
}
