import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatCsvCell, writeCsv, writeSpreadsheetCsv } from '../../src/reports/forms/csv.ts';
import { writeJson, writeNdjson } from '../../src/reports/forms/json.ts';
import type { Report, ReportRow, ReportWriter } from '../../src/reports/shared/report.ts';

async function* iterate(rows: readonly ReportRow[]): AsyncGenerator<ReportRow> {
  yield* rows;
}

function makeReport(rows: readonly ReportRow[], timeZone?: string): Report {
  return {
    title: 'Things',
    account: 'acme',
    generatedAt: new Date('2026-03-01T10:00:00.250Z'),
    timeZone,
    details: [{ key: 'name', title: 'Name', value: 'Joe' }],
    columns: [
      { key: 'time', title: 'Time', isTime: true },
      { key: 'text', title: 'Text' },
      { key: 'count', title: 'Count', align: 'right' },
    ],
    rows: iterate(rows),
    statement: { coverage: ['All is stored.'], gaps: [], limits: ['Little is known.'] },
  };
}

async function write(
  writer: ReportWriter,
  report: Report,
): Promise<{ rows: number; text: string }> {
  let text = '';
  const rows = await writer(report, async (more) => {
    text += String(more);
  });
  return { rows, text };
}

const time = new Date('2026-03-29T00:59:59Z');

describe('a cell of a CSV', () => {
  const table: [string, string, string][] = [
    ['is text as it is', 'Joe Agent', 'Joe Agent'],
    ['is quoted when it holds a comma', 'a,b', '"a,b"'],
    ['doubles its quotes', 'say "no"', '"say ""no"""'],
    ['is quoted when it holds a line break', 'a\nb', '"a\nb"'],
    ['is quoted when it begins with a space', ' a', '" a"'],
    ['never begins as a formula: =', '=1+1', "'=1+1"],
    ['never begins as a formula: +', '+cmd', "'+cmd"],
    ['never begins as a formula: -', '-2+3', "'-2+3"],
    ['never begins as a formula: @', '@SUM(A1)', "'@SUM(A1)"],
    ['never begins as a formula after spaces', '  =1+1', `'  =1+1`],
    ['never begins as a formula after a no-break space', '\u00A0=1', `'\u00A0=1`],
    ['never begins as a formula of full width', '\uFF1D1+1', "'\uFF1D1+1"],
    ['never begins with a tab', '\ta', `"'\ta"`],
    ['never begins with a carriage return', '\ra', `"'\ra"`],
    ['never begins as a formula after a tab', '\t=1', `"'\t'=1"`],
    ['has no formula where another country ends the cell', 'a; =1+1', `"a;' =1+1"`],
    ['has no formula where a spreadsheet breaks the line', 'a\r\n@b', `"a\r\n'@b"`],
    ['keeps a formula sign within text', 'a=1', 'a=1'],
    ['keeps numbers: -5', '-5', '-5'],
    ['keeps numbers: +34.5', '+34.5', '+34.5'],
    ['has no characters that control a terminal', 'a\u001B[31mb\u009Bc\u202Ed\0', '"a [31mb c d "'],
  ];
  for (const [name, value, cell] of table) it(name, () => assert.equal(formatCsvCell(value), cell));

  it('is written quickly from a long text of white space', () => {
    const text = `${'\n \t;'.repeat(50_000)}=1`;
    assert.ok(formatCsvCell(text).endsWith(`;'=1"`));
  });

  it('is a number or a word if the value is one, and empty for no value', () => {
    assert.deepEqual(
      [formatCsvCell(-5), formatCsvCell(true), formatCsvCell(null)],
      ['-5', 'true', ''],
    );
  });
});

describe('a report for machines', () => {
  const rows = [
    { time, text: 'a,\u202Eb', count: 1 },
    { time: null, text: null, count: null },
  ];

  it('is a CSV of keys and rows that end with CRLF', async () => {
    assert.deepEqual(await write(writeCsv, makeReport(rows)), {
      rows: 2,
      text: 'time,text,count\r\n2026-03-29T00:59:59Z,"a, b",1\r\n,,\r\n',
    });
  });

  it('has a column of local times if a time zone is given', async () => {
    assert.deepEqual(await write(writeCsv, makeReport(rows, 'Europe/Madrid')), {
      rows: 2,
      text: 'time,local_time,text,count\r\n2026-03-29T00:59:59Z,2026-03-29 01:59:59,"a, b",1\r\n,,,\r\n',
    });
  });

  it('is a CSV for spreadsheets with a byte order mark, recognised times, and ids as text', async () => {
    const texts = ['28835702984999', '937', '007', '+34911234567', '-1', '=1+1', '12345678901'];
    const { text } = await write(
      writeSpreadsheetCsv,
      makeReport(texts.map((id, count) => ({ time, text: id, count }))),
    );
    assert.deepEqual(text.split('\r\n'), [
      '\uFEFFtime,text,count',
      '2026-03-29 00:59:59,"=""28835702984999""",0',
      '2026-03-29 00:59:59,937,1',
      '2026-03-29 00:59:59,"=""007""",2',
      '2026-03-29 00:59:59,"=""+34911234567""",3',
      '2026-03-29 00:59:59,-1,4',
      "2026-03-29 00:59:59,'=1+1,5",
      '2026-03-29 00:59:59,12345678901,6',
      '',
    ]);
  });

  it('is NDJSON of only the rows, with escaped control characters', async () => {
    assert.deepEqual(await write(writeNdjson, makeReport(rows)), {
      rows: 2,
      text: '{"time":"2026-03-29T00:59:59Z","text":"a,\\u202eb","count":1}\n{"time":null,"text":null,"count":null}\n',
    });
  });

  it('is one JSON object that says how complete it is', async () => {
    const { rows: count, text } = await write(writeJson, makeReport(rows, 'Europe/Madrid'));
    assert.equal(count, 2);
    assert.deepEqual(JSON.parse(text), {
      title: 'Things',
      account: 'acme',
      generated_at: '2026-03-01T10:00:00.250Z',
      time_zone: 'Europe/Madrid',
      statement: { coverage: ['All is stored.'], gaps: [], limits: ['Little is known.'] },
      details: { name: 'Joe' },
      columns: [
        { key: 'time', title: 'Time' },
        { key: 'local_time', title: 'Time (Europe/Madrid)' },
        { key: 'text', title: 'Text' },
        { key: 'count', title: 'Count' },
      ],
      rows: [
        {
          time: '2026-03-29T00:59:59Z',
          local_time: '2026-03-29 01:59:59',
          text: 'a,\u202Eb',
          count: 1,
        },
        { time: null, local_time: null, text: null, count: null },
      ],
    });
  });

  it('is complete JSON when there are no rows', async () => {
    const { rows: count, text } = await write(writeJson, makeReport([]));
    assert.equal(count, 0);
    assert.deepEqual((JSON.parse(text) as { rows: unknown }).rows, []);
  });
});
