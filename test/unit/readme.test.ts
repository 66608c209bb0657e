import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { renderSettingsTable } from '../../src/config/settings.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const compose = readFileSync(new URL('../../docker-compose.yml', import.meta.url), 'utf8');

describe('the README', () => {
  it('has the table of settings exactly as the code knows them', () => {
    assert.ok(readme.includes(renderSettingsTable()));
  });

  it('names every command of the program', () => {
    for (const command of ['serve', 'sync', 'backfill', 'status', 'migrate', 'demo', 'simulate']) {
      assert.match(readme, new RegExp(`\\| \`${command}[ \`]`));
    }
  });
});

describe('docker-compose.yml', () => {
  it('passes every setting on, but for those of the embedded database', () => {
    const names = [...renderSettingsTable().matchAll(/^\| `([A-Z_]+)`/gm)].map(
      (match) => match[1] ?? '',
    );
    assert.ok(names.length > 15);
    for (const name of names.filter((candidate) => candidate !== 'DATA_DIR')) {
      assert.match(compose, new RegExp(`^ +${name}:`, 'm'));
    }
  });
});
