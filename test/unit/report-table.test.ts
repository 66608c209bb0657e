import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { writeTable } from '../../src/commands/report/page.ts';
import { renderTable } from '../../src/commands/terminal/table.ts';
import { measureText, widthOf, wrapLines, wrapText } from '../../src/commands/terminal/text.ts';
import type { Report, ReportRow } from '../../src/reports/shared/report.ts';

async function* iterate(rows: readonly ReportRow[]): AsyncGenerator<ReportRow> {
  yield* rows;
}

async function render(
  rows: readonly ReportRow[],
  width: number | undefined,
  more: Partial<Report> = {},
): Promise<{ rows: number; lines: string[] }> {
  const report: Report = {
    title: 'Things',
    account: 'acme',
    generatedAt: new Date(0),
    timeZone: undefined,
    columns: [
      { key: 'time', title: 'Time', isTime: true },
      { key: 'text', title: 'Text' },
      { key: 'count', title: 'Count', align: 'right' },
      { key: 'id', title: 'Id', isOptional: true },
    ],
    rows: iterate(rows),
    statement: { coverage: ['All is stored.'], gaps: [], limits: [] },
    ...more,
  };
  let text = '';
  const count = await writeTable(
    report,
    async (part) => {
      text += part;
    },
    width,
  );
  return { rows: count, lines: text.split('\n') };
}

const time = new Date('2026-03-29T01:00:00Z');
const row = {
  time,
  text: 'A text of some forty characters, or so it is',
  count: 1234,
  id: '123456',
};

describe('a report as a table', () => {
  it('is not cut without a terminal', async () => {
    const { rows, lines } = await render([row, { ...row, text: null, count: null }], undefined);
    assert.equal(rows, 2);
    assert.deepEqual(lines, [
      'Things',
      '',
      'Time                 Text                                          Count  Id',
      '2026-03-29 01:00:00  A text of some forty characters, or so it is  1,234  123456',
      '2026-03-29 01:00:00                                                       123456',
      '',
      '2 rows.',
      '',
      'Coverage: All is stored.',
      'Gaps: none.',
      '',
    ]);
  });

  it('fits a terminal: optional columns are dropped first, then texts continue below, but never times and numbers', async () => {
    const { lines } = await render([row], 60, { timeZone: 'Europe/Madrid' });
    assert.deepEqual(lines.slice(2, 9), [
      'Time                 Text                      Count  Id',
      '2026-03-29 03:00:00  A text of some forty      1,234  123456',
      '                     characters, or so it is',
      '',
      '1 row.',
      '',
      'Coverage: All is stored.',
    ]);
    const narrow = await render([row], 44);
    assert.deepEqual(narrow.lines.slice(2, 10), [
      'Time                 Text              Count',
      '2026-03-29 01:00:00  A text of some    1,234',
      '                     forty',
      '                     characters, or',
      '                     so it is',
      '',
      '1 row.',
      'Not shown because the window is too narrow:',
    ]);
  });

  it('breaks no word and no id', async () => {
    const columns = [
      { key: 'id', title: 'Id', isWhole: true },
      { key: 'text', title: 'Text' },
      { key: 'more', title: 'More' },
    ] as const;
    const rows = [{ id: '1509756491122', text: row.text, more: 'and another text' }];
    assert.deepEqual((await render(rows, 40, { columns })).lines.slice(2, 7), [
      'Id             Text         More',
      '1509756491122  A text of    and another',
      '               some forty   text',
      '               characters,',
      '               or so it is',
    ]);
    assert.deepEqual((await render(rows, undefined, { columns })).lines.slice(2, 4), [
      'Id             Text                                          More',
      '1509756491122  A text of some forty characters, or so it is  and another text',
    ]);
  });

  it('has its columns one below the other if they do not fit side by side', async () => {
    const columns = [
      { key: 'id', title: 'Id', isWhole: true },
      { key: 'text', title: 'Text' },
      { key: 'more', title: 'More words' },
      { key: 'time', title: 'Time', isTime: true, isOptional: true },
    ] as const;
    const one = { id: '1509756491122', text: row.text, more: 'and another text', time };
    const { lines } = await render([one, { ...one, text: null }], 33, { columns });
    assert.deepEqual(lines.slice(2, 16), [
      'Id          1509756491122',
      'Text        A text of some forty',
      '            characters, or so it',
      '            is',
      'More words  and another text',
      'Time        2026-03-29 01:00:00',
      '',
      'Id          1509756491122',
      'Text',
      'More words  and another text',
      'Time        2026-03-29 01:00:00',
      '',
      '2 rows.',
      '',
    ]);
    const many = Array.from({ length: 13 }, (_, place) => ({ key: `k${place}`, title: `Column` }));
    const wide = Object.fromEntries(many.map(({ key }) => [key, 'three short words']));
    assert.equal(
      (await render([wide], 150, { columns: many })).lines[2],
      'Column  three short words',
    );
    assert.match(
      (await render([wide], 300, { columns: many })).lines[2] ?? '',
      /^Column {13}Column/,
    );
  });

  it('shows records as JSON, and nothing in them controls the terminal', async () => {
    const { lines } = await render(
      [{ record: '{"id":12345678901234567890,"name":"\u009b2J"}' }],
      80,
      {
        columns: [{ key: 'record', title: 'Record', isRecord: true }],
      },
    );
    assert.deepEqual(lines.slice(2, 8), [
      '{',
      '  "id": 12345678901234567890,',
      String.raw`  "name": "\u009b2J"`,
      '}',
      '',
      '1 row.',
    ]);
  });

  it('is printed before the last row is read, with widths from its first rows', async () => {
    const many = Array.from({ length: 450 }, (_, index) => ({ ...row, text: `row ${index}` }));
    const { rows, lines } = await render([...many, row], 100);
    assert.equal(rows, 451);
    assert.equal(lines[2], 'Time                 Text     Count  Id');
    assert.equal(lines[3], '2026-03-29 01:00:00  row 0    1,234  123456');
    assert.equal(lines[452], '2026-03-29 01:00:00  row 449  1,234  123456');
    assert.equal(lines[453], '2026-03-29 01:00:00  A text   1,234  123456');
    assert.equal(lines[454], '                     of some');
    assert.ok(lines.includes('451 rows.'));
  });

  it('says so when there are no rows', async () => {
    const { rows, lines } = await render([], 80);
    assert.equal(rows, 0);
    assert.deepEqual(lines, [
      'Things',
      '',
      'No rows.',
      '',
      'Coverage: All is stored.',
      'Gaps: none.',
      '',
    ]);
  });

  it('puts the known details above the rows', async () => {
    const details = [
      { key: 'name', title: 'Name', value: 'Joe' },
      { key: 'departed_at', title: 'Departed', value: null },
      { key: 'last_login_at', title: 'Last login', value: time },
      { key: 'active', title: 'Active', value: true },
    ];
    const { lines } = await render([], 80, { details });
    assert.deepEqual(lines.slice(0, 7), [
      'Things',
      '',
      'Name        Joe',
      'Last login  2026-03-29 01:00:00',
      'Active      yes',
      '',
      'No rows.',
    ]);
  });

  it('shows characters that would control the terminal as spaces', async () => {
    const text = 'a\u001B]0;b\u0007\nc\u202Ed\u009B';
    const { lines } = await render([{ ...row, text }], undefined, { title: 'T\u001Bx' });
    assert.equal(lines[0], 'T x');
    assert.equal(lines[3], '2026-03-29 01:00:00  a ]0;b  c d   1,234  123456');
  });

  it('of a command is a list for each row if the window is narrower than the table', () => {
    const rows = [
      ['audit_logs', 'ok', '2,388'],
      ['users', 'failed', '46'],
    ];
    const table = (room?: number): string[] =>
      renderTable(['Stream', 'State', 'Rows'], rows, [2], undefined, room).split('\n');
    const wide = [
      'Stream      State    Rows',
      'audit_logs  ok      2,388',
      'users       failed     46',
    ];
    assert.deepEqual(table(), wide);
    assert.deepEqual(table(25), wide);
    assert.deepEqual(table(24), [
      'Stream  audit_logs',
      'State   ok',
      'Rows    2,388',
      '',
      'Stream  users',
      'State   failed',
      'Rows    46',
    ]);
  });

  it('has no limit without a terminal, and on one that does not know its width', () => {
    assert.deepEqual(
      [
        { isTTY: true, columns: 80 },
        { isTTY: true, columns: 0 },
        { isTTY: false, columns: 80 },
      ].map(widthOf),
      [80, undefined, undefined],
    );
  });

  it('measures texts as terminals show them', () => {
    assert.deepEqual(
      ['abc', 'Nguyễn', 'Nguye\u0302\u0303n', '山田', '한국', '👍🏽'].map(measureText),
      [3, 6, 6, 4, 4, 2],
    );
  });

  it('wraps lines only on a terminal, with indented continuations', () => {
    const line = 'Coverage: The audit log is stored completely.';
    assert.deepEqual(wrapLines([line, 'Gaps: none.'], 24), [
      'Coverage: The audit log',
      '  is stored completely.',
      'Gaps: none.',
    ]);
    assert.deepEqual(wrapLines([line], undefined), [line]);
  });

  it('wraps texts at spaces, and in the middle of words that are too long', () => {
    assert.deepEqual(wrapText('', 5), ['']);
    assert.deepEqual(wrapText('abcde', 5), ['abcde']);
    assert.deepEqual(wrapText('abcde fg', 5), ['abcde', 'fg']);
    assert.deepEqual(wrapText('ab cdefg hi', 5), ['ab', 'cdefg', 'hi']);
    assert.deepEqual(wrapText('abcdefgh ij', 5), ['abcde', 'fgh', 'ij']);
    assert.deepEqual(wrapText('山田太郎', 5), ['山田', '太郎']);
  });
});
