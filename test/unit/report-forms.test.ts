import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { writeParquet } from '../../src/reports/forms/parquet.ts';
import { writeWorkbook } from '../../src/reports/forms/workbook.ts';
import type { Report, ReportRow, ReportWriter } from '../../src/reports/shared/report.ts';
import { readWorkbook } from '../support/workbook.ts';

async function* iterate(rows: readonly ReportRow[]): AsyncGenerator<ReportRow> {
  yield* rows;
}

function makeReport(rows: readonly ReportRow[], timeZone?: string): Report {
  return {
    title: 'Things & more',
    account: 'acme',
    generatedAt: new Date('2026-03-01T10:00:00Z'),
    timeZone,
    details: [{ key: 'name', title: 'Name', value: 'Joe' }],
    columns: [
      { key: 'time', title: 'Time', isTime: true },
      { key: 'id', title: 'Id' },
      { key: 'count', title: 'Count', align: 'right', type: 'integer' },
      { key: 'ok', title: 'Fine', type: 'boolean' },
    ],
    rows: iterate(rows),
    statement: { coverage: ['All is stored.'], gaps: [], limits: ['Little is known.'] },
  };
}

async function write(
  writer: ReportWriter,
  report: Report,
): Promise<{ rows: number; bytes: Buffer }> {
  const parts: Buffer[] = [];
  const rows = await writer(report, async (data) => {
    parts.push(Buffer.from(data as Uint8Array));
  });
  return { rows, bytes: Buffer.concat(parts) };
}

const row = { time: new Date('2026-07-01T10:00:00Z'), id: '28835702984999', count: 7, ok: true };
const formula = '=HYPERLINK("http://evil.example")';

describe('a workbook', () => {
  it('has typed rows on its first sheet and coverage, gaps and limits on the second', async () => {
    const { rows, bytes } = await write(writeWorkbook, makeReport([row], 'Europe/Madrid'));
    assert.equal(rows, 1);
    const sheets = readWorkbook(bytes);
    assert.deepEqual([...sheets.keys()], ['Rows', 'What this rests on']);
    const [head = [], first = []] = sheets.get('Rows') ?? [];
    assert.deepEqual(
      head.map(({ text }) => text),
      ['Time (Europe/Madrid)', 'Time (UTC)', 'Id', 'Count', 'Fine'],
    );
    assert.deepEqual(first, [
      { type: 'n', style: '2', text: '46204.5' },
      { type: 'n', style: '2', text: String(46204 + 10 / 24) },
      { type: 'inlineStr', style: '3', text: '28835702984999' },
      { type: 'n', style: '0', text: '7' },
      { type: 'b', style: '0', text: '1' },
    ]);
    assert.deepEqual(
      sheets.get('What this rests on')?.map((cells) => cells.map(({ text }) => text)),
      [
        ['Report', 'Things & more'],
        ['Account', 'acme'],
        ['Generated', String(46082 + 11 / 24)],
        ['Time zone', 'Europe/Madrid'],
        ['Rows', '1'],
        ['Name', 'Joe'],
        ['Coverage', 'All is stored.'],
        ['Gap', 'none'],
        ['Limit', 'Little is known.'],
      ],
    );
  });

  it('has no formula, no character that XML forbids, and no text that is too long for a cell', async () => {
    const long = 'x'.repeat(40_000);
    const texts = [formula, 'a\u0000b\u001Bc\uD800', '_x0041_', long];
    const { bytes } = await write(writeWorkbook, makeReport(texts.map((id) => ({ ...row, id }))));
    const sheets = readWorkbook(bytes);
    const cells = (sheets.get('Rows') ?? []).slice(1).map((each) => each[1]);
    assert.deepEqual(
      cells.map((cell) => cell?.type),
      ['inlineStr', 'inlineStr', 'inlineStr', 'inlineStr'],
    );
    assert.deepEqual(
      cells.map((cell) => cell?.text),
      [formula, 'a b c\uFFFD', '_x005F_x0041_', `${'x'.repeat(32_766)}…`],
    );
    assert.equal(
      sheets.get('What this rests on')?.at(-1)?.[1]?.text,
      'A text is cut off: a cell holds 32767 characters. The formats csv, json, ndjson and parquet have the full text.',
    );
  });

  it('is complete without rows, and ends when its reader stops or its rows fail', async () => {
    const { rows, bytes } = await write(writeWorkbook, makeReport([]));
    assert.deepEqual([rows, readWorkbook(bytes).get('Rows')?.length], [0, 1]);
    const closed = new Error('closed');
    await assert.rejects(
      writeWorkbook(makeReport([row]), async () => {
        throw closed;
      }),
      closed,
    );
    const lost = new Error('lost');
    async function* fail(): AsyncGenerator<ReportRow> {
      yield row;
      throw lost;
    }
    await assert.rejects(
      writeWorkbook({ ...makeReport([]), rows: fail() }, async () => {}),
      lost,
    );
  });
});

describe('a Parquet file', () => {
  const toBuffer = ({ buffer, byteOffset, byteLength }: Buffer): ArrayBuffer =>
    buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;

  it('has typed columns and, in its metadata, coverage, gaps and limits', async () => {
    const none = { time: null, id: null, count: null, ok: null };
    const { rows, bytes } = await write(writeParquet, makeReport([row, none], 'Europe/Madrid'));
    const file = toBuffer(bytes);
    assert.equal(rows, 2);
    assert.deepEqual(await parquetReadObjects({ file }), [
      { ...row, local_time: '2026-07-01 12:00:00', count: 7n },
      { ...none, local_time: null },
    ]);
    const { schema, key_value_metadata: about } = parquetMetadata(file);
    assert.deepEqual(
      schema.slice(1).map(({ name, type, converted_type: meaning }) => [name, type, meaning]),
      [
        ['time', 'INT64', 'TIMESTAMP_MILLIS'],
        ['local_time', 'BYTE_ARRAY', 'UTF8'],
        ['id', 'BYTE_ARRAY', 'UTF8'],
        ['count', 'INT64', undefined],
        ['ok', 'BOOLEAN', undefined],
      ],
    );
    assert.deepEqual((JSON.parse(about?.[0]?.value ?? '') as { statement: unknown }).statement, {
      coverage: ['All is stored.'],
      gaps: [],
      limits: ['Little is known.'],
    });
  });

  it('is complete without rows, and with more than one group of them', async () => {
    const empty = await write(writeParquet, makeReport([]));
    assert.deepEqual(await parquetReadObjects({ file: toBuffer(empty.bytes) }), []);
    const many = Array.from({ length: 25_000 }, (_, count) => ({ ...row, count }));
    const { bytes } = await write(writeParquet, makeReport(many));
    const read = await parquetReadObjects({ file: toBuffer(bytes), columns: ['count'] });
    assert.deepEqual([read.length, read.at(-1)], [25_000, { count: 24_999n }]);
  });
});
