import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findMisspelled } from '../../src/config/misspelled.ts';
import { findNearest } from '../../src/nearest.ts';
import { changeSettings } from '../../src/config/settings-file.ts';
import { listSettings } from '../../src/config/settings.ts';
import { streams } from '../../src/streams/registry.ts';

const find = (environment: Readonly<Record<string, string>>): readonly string[] =>
  findMisspelled(environment, listSettings(streams));
const said = (name: string, meant: string): string =>
  `${name} is not a setting of this program and has no effect; did you mean ${meant}?`;

describe('a misspelled setting', () => {
  it('is reported with the nearest name', () => {
    for (const [name, meant] of [
      ['ZENDESK_SUBDOMIAN', 'ZENDESK_SUBDOMAIN'],
      ['ZENDESK_CLIENT_SECRET_FIEL', 'ZENDESK_CLIENT_SECRET_FILE'],
      ['zendesk_subdomain', 'ZENDESK_SUBDOMAIN'],
      ['ACCESS_LOG_SCHEDULE', 'ACCESS_LOGS_SCHEDULE'],
      ['DATABSE_URL', 'DATABASE_URL'],
      ['DATABASEURL', 'DATABASE_URL'],
      ['RESCAN_AFETR', 'RESCAN_AFTER'],
    ] as const)
      assert.deepEqual(find({ [name]: 'x' }), [said(name, meant)]);
  });

  it('that is similar to nothing is reported if only settings of this program begin like this', () => {
    assert.deepEqual(find({ ZENDESK_QQQQQQQQQQQQQ: 'x' }), [
      'ZENDESK_QQQQQQQQQQQQQ is not a setting of this program and has no effect; docs/settings.md lists the settings',
    ]);
  });

  it('is not reported if it may be a name of another program', () => {
    assert.deepEqual(
      find({
        PATH: '/bin',
        HOME: '/',
        LOG_DIR: 'x',
        DATABASE_URI: 'x',
        DATABASE_URL: 'x',
        HTTP_PROXY: 'x',
        HTTPS_PROXY: 'x',
        http_proxy: 'x',
        no_proxy: 'x',
        SETTINGS: 'x',
        ZENDESK_TYPO: '',
      }),
      [],
    );
  });
});

describe('the nearest name', () => {
  it('is the one with the fewest different letters, if at most a third differ', () => {
    const known = ['sync', 'status', 'serve', 'simulate'];
    assert.equal(findNearest('stauts', known), 'status');
    assert.equal(findNearest('SYNK', known), 'sync');
    assert.equal(findNearest('help', known), undefined);
  });
});

describe('a settings file', () => {
  it('keeps other settings, and the comments', () => {
    const text = '# one\nA=1\nexport B="2"\n\n C = 3\nD=4\n\n\n';
    assert.equal(
      changeSettings(text, { B: undefined, C: 'new', E: 'postgres://me:p#w@db/logs?a=b c' }),
      "# one\nA=1\n\nD=4\nC=new\nE='postgres://me:p#w@db/logs?a=b c'\n",
    );
    assert.equal(changeSettings('', { A: "it's" }), 'A="it\'s"\n');
  });

  it('refuses values that it cannot contain', () => {
    for (const value of [`'"\``, 'two\nlines"\'`'])
      assert.throws(() => changeSettings('', { A: value }), { code: 'bad_input' });
  });
});
