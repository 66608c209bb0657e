import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { renderPage } from '../../src/commands/doctor.ts';
import { ok, problem, skipped, warning } from '../../src/doctor/check.ts';

/** No terminal. */
const plain = new PassThrough();
const now = new Date('2026-11-21T08:00:59Z');
const examination = {
  account: 'acme',
  origin: 'https://acme.zendesk.com',
  checks: [
    ok('time zone', 'UTC'),
    warning('roles', 'zendesk_reader is missing', 'Run as the owner:\nselect grant_roles();'),
    problem(
      'settings',
      `2 problems:\nSETTLE is wrong.\nDATA_DIR is ${'x'.repeat(90)}, which is too long to be shown in one line.`,
      'Set them right; this advice is so long that it does not fit into a single line of the page.',
    ),
    skipped('users', 'not in STREAMS'),
  ],
};

describe('the page of doctor', () => {
  it('has a line for each check with what to do below, within 80 columns', () => {
    const page = renderPage(examination, now, plain);
    assert.equal(
      page,
      [
        'Account acme, https://acme.zendesk.com, examined 2026-11-21 08:00 UTC',
        '',
        'ok       Time zone: UTC',
        'warning  Roles: zendesk_reader is missing',
        '         -> Run as the owner:',
        '            select grant_roles();',
        'problem  Settings: 2 problems:',
        '         SETTLE is wrong.',
        '         DATA_DIR is',
        `         ${'x'.repeat(71)}`,
        `         ${'x'.repeat(19)}, which is too long to be shown in one line.`,
        '         -> Set them right; this advice is so long that it does not fit into a',
        '            single line of the page.',
        'skipped  Users: not in STREAMS',
        '',
        '4 checks: 1 ok, 1 warning, 1 problem, 1 skipped; fix the problem.',
      ].join('\n'),
    );
    for (const line of page.split('\n')) assert.ok(line.length <= 80, line);
  });

  it('says when nothing has to be fixed, and works without an account', () => {
    const { checks } = examination;
    assert.equal(
      renderPage({ account: undefined, origin: undefined, checks: checks.slice(0, 1) }, now, plain),
      'Examined 2026-11-21 08:00 UTC\n\nok       Time zone: UTC\n\n' +
        '1 check: 1 ok, 0 warnings, 0 problems, 0 skipped; nothing has to be fixed.',
    );
  });

  it('has colours only at the marks', () => {
    const colorless = renderPage(examination, now, plain);
    const colored = renderPage(examination, now, Object.assign(new PassThrough(), { isTTY: true }));
    assert.ok(!colorless.includes('\u001b'));
    assert.equal(stripVTControlCharacters(colored), colorless);
    for (const mark of ['[32mok ', '[33mwarning ', '[31mproblem ', '[90mskipped '])
      assert.ok(colored.includes(`\u001b${mark}`), mark);
  });
});
