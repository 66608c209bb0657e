import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { renderSettingsTable } from '../support/settings-table.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

const commands = [
  'serve',
  'sync',
  'backfill',
  'status',
  'report',
  'audit',
  'classify',
  'doctor',
  'migrate',
  'demo',
  'simulate',
];

describe('the README', () => {
  it('has the table of settings exactly as the code knows them', () => {
    assert.ok(readme.includes(renderSettingsTable()));
  });

  it('names every command of the program', () => {
    for (const command of commands) {
      assert.match(readme, new RegExp(`\\| \`${command}[ \`]`));
    }
  });
});
