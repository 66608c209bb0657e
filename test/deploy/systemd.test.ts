import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { settings } from '../../src/config/settings.ts';
import { findProgram, readText } from '../support/project-files.ts';

const text = readText('deploy/systemd/zendesk-log-sync.service');

/** Every directive with its values, in order. */
const directives = new Map<string, string[]>();
for (const [, name = '', value = ''] of text.matchAll(/^(\w+)=(.*)$/gm))
  directives.set(name, [...(directives.get(name) ?? []), value]);

const analyze = findProgram('systemd-analyze');
const skip = analyze === undefined ? 'systemd-analyze is not installed' : false;

describe('the systemd unit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zls-systemd-'));
  const file = join(folder, 'zendesk-log-sync.service');
  // The program is not installed where the tests run.
  writeFileSync(file, text.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`));
  after(() => rmSync(folder, { recursive: true }));

  it('sets only settings that the program knows, and secrets as files', () => {
    const secrets = settings.filter(({ secret }) => secret).map(({ name }) => name);
    const names = (directives.get('Environment') ?? [])
      .flatMap((value) => value.split(' '))
      .map((assignment) => assignment.replace(/=.*/, ''));
    const known = new Set<string>([
      'NODE_ENV',
      'LOG_FORMAT',
      // For the C library.
      'MALLOC_ARENA_MAX',
      'MALLOC_MMAP_THRESHOLD_',
      ...secrets.map((name) => `${name}_FILE`),
    ]);
    assert.deepEqual(
      names.filter((name) => !known.has(name)),
      [],
    );
    const credentials = (directives.get('LoadCredential') ?? []).map(
      (value) => value.split(':')[0],
    );
    for (const credential of credentials)
      assert.ok(
        text.includes(`_FILE=/run/credentials/zendesk-log-sync.service/${credential}\n`),
        credential,
      );
    assert.deepEqual(credentials, ['database-url', 'zendesk-client-secret']);
  });

  it('restarts the program after every failure except a wrong setting, and gives it time to end', () => {
    assert.deepEqual(directives.get('Restart'), ['always']);
    assert.deepEqual(directives.get('RestartPreventExitStatus'), ['2']);
    assert.ok(Number(directives.get('TimeoutStopSec')?.[0]) > 10);
  });

  it('is accepted by systemd', { skip }, async () => {
    const { stderr } = await promisify(execFile)(analyze ?? '', ['verify', '--man=no', file]);
    assert.equal(
      stderr
        .split('\n')
        .filter((line) => line.includes('zendesk'))
        .join('\n'),
      '',
    );
  });

  it('gives the program almost no rights', { skip }, async () => {
    const { stdout } = await promisify(execFile)(analyze ?? '', [
      'security',
      '--offline=yes',
      '--threshold=20',
      '--no-pager',
      file,
    ]);
    assert.match(stdout, /Overall exposure level for zendesk-log-sync\.service: [01]\.\d/);
  });
});
