/** Objects of the archive: what is read back is what was written, to the byte. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ArchiveColumn } from '../../src/archive/columns.ts';
import { readHashedRows } from '../../src/archive/hashed-rows.ts';
import { listLineColumns, type LineBatch } from '../../src/archive/hot-lines.ts';
import { makeObjects } from '../../src/archive/object-writer.ts';
import type { ArchiveRow } from '../../src/archive/rows.ts';
import { searchArchive } from '../../src/archive/search.ts';
import { hashRow, unescapeText } from '../../src/evidence/row-leaf.ts';
import type { PersonKeys } from '../../src/evidence/salts.ts';
import { openParquet } from '../../src/parquet/reader.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';

const { table } = accessLogs;
const key = Buffer.alloc(32, 7);
const nobody = '0 2026-11-01';
const keys: PersonKeys = new Map([
  [nobody, key],
  ['7 2026-11-01', key],
  ['-1 2026-11-01', key],
  ['9223372036854775807 2026-11-01', key],
]);
const numbers: ReadonlyMap<string, ArchiveColumn['kind']> = new Map([
  ['user_id', 'integer'],
  ['bytes_sent', 'integer'],
  ['status', 'number'],
]);
const columns: readonly ArchiveColumn[] = [
  { name: table.time, kind: 'moment', isRequired: true },
  { name: table.id.name, kind: 'text', isRequired: true },
  ...table.columns.map((name) => ({
    name,
    kind: numbers.get(name) ?? ('text' as const),
    isRequired: false,
  })),
  { name: 'first_synced_at', kind: 'moment', isRequired: true },
  { name: 'synced_at', kind: 'moment', isRequired: true },
];
const texts = [
  String.raw`a\tb\\c\nd`,
  '',
  'é—日本\u{1F600}',
  'x'.repeat(300),
  '/agent/tickets/4711?q=%34%32',
];
const people = [String.raw`\N`, '7', '-1', '9223372036854775807'];
const start = 1_793_600_000;

/** The fields of a row as COPY writes them. */
function makeFields(row: number): readonly string[] {
  return listLineColumns(table).map((name, place) => {
    if (name === 'user_id') return people[row % people.length] ?? '';
    if (name === 'bytes_sent') return row % 3 === 0 ? String.raw`\N` : String(row * 37);
    if (name === 'status') return String(200 + (row % 5));
    if (name === 'extra')
      return row % 50 === 0 ? String.raw`{"b": 1, "a": "x\\ty"}` : String.raw`\N`;
    return (row + place) % 4 === 0 ? String.raw`\N` : (texts[(row + place) % texts.length] ?? '');
  });
}

async function* makeLines(rows: number): AsyncGenerator<LineBatch> {
  for (let from = 0; from < rows; from += 5000) {
    const lines = Array.from({ length: Math.min(5000, rows - from) }, (_, place) => {
      const row = from + place;
      const moments = [`${start + 90 + Math.floor(row / 2500)}.123456`, `${start + 60}.000001`];
      const time = `${start + Math.floor(row / 7)}.${String(row).padStart(6, '0')}`;
      return `${[...moments, `id-${row}`, time, ...makeFields(row)].join('\t')}\n`;
    });
    const starts: number[] = [];
    let at = 0;
    for (const line of lines) {
      starts.push(at);
      at += Buffer.byteLength(line);
    }
    yield { bytes: Buffer.from(lines.join('')), starts };
  }
}

async function makeAll(rows: number) {
  const form = { table, columns, keys, mostRows: 12_000 };
  const objects = [];
  for await (const made of makeObjects(makeLines(rows), form, (id) => new Error(id)))
    objects.push(made);
  return objects;
}

describe('an object of the archive', () => {
  it('has the rows that COPY has written, whatever is in them, and the root over their leaves', async () => {
    const objects = await makeAll(25_000);
    assert.deepEqual(
      objects.map(({ rows, groups }) => [rows, ...groups.map(([count]) => count)]),
      [
        [12_000, 10_000, 2000],
        [12_000, 10_000, 2000],
        [1000, 1000],
      ],
    );
    const rows: ArchiveRow[] = [];
    for (const { content } of objects)
      for await (const some of readHashedRows(openParquet(content), table, keys))
        rows.push(...some);
    assert.equal(rows.length, 25_000);
    for (const place of [0, 1, 2, 3, 49, 50, 9999, 10_000, 12_000, 24_999]) {
      const row = rows[place];
      const fields = new Map(
        listLineColumns(table).map((name, at) => [name, makeFields(place)[at] ?? '']),
      );
      const expected = table.columns.map((name) => {
        const field = fields.get(name) ?? '';
        return field === String.raw`\N` ? null : unescapeText(field);
      });
      assert.deepEqual(row?.values, expected);
      assert.equal(row.id, `id-${place}`);
      assert.equal(row.leaf, hashRow(row.canonical, key));
    }
  });

  it('is searched for ids as they are written and escaped, and gives the whole rows', async () => {
    const [object] = await makeAll(3000);
    assert.ok(object !== undefined);
    const described = {
      ...object,
      account: 'acme',
      stream: 'access_logs',
      month: '2026-11-01',
      object: 'part',
    };
    const store = {
      name: 'memory',
      read: async () => object.content,
      readPart: async (_path: string, from: number, until: number) =>
        object.content.subarray(from, until),
      create: async () => false,
      remove: async () => undefined,
      locks: undefined,
    };
    const ask = (word: string, until = Infinity): Promise<readonly ArchiveRow[]> =>
      searchArchive(store, table, [described], { from: 0, until, words: [word], mostRows: 9999 });
    const naming = (text: string | null): boolean => text?.includes('4711') === true;
    const found = await ask('4711');
    assert.ok(found.length > 0 && found.every(({ values }) => values.some(naming)));
    assert.equal((await ask('42')).length, found.length);
    assert.equal((await ask('471')).length, 0);
    assert.equal((await ask('4711', Number(found[3]?.micros))).length, 3);
  });
});
