import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createDirectory, createDirectorySync } from '../../src/directories.ts';

for (const [name, create] of [
  ['createDirectory', createDirectory],
  ['createDirectorySync', async (path: string, mode?: number) => createDirectorySync(path, mode)],
] as const)
  describe(name, () => {
    it('creates the parents too, and leaves directories that exist as they are', async (test) => {
      const root = mkdtempSync(join(tmpdir(), 'zls-directories-'));
      test.after(() => rmSync(root, { recursive: true }));
      const modes = (): readonly number[] =>
        ['a', 'a/b'].map((path) => statSync(join(root, path)).mode & 0o777);
      await create(join(root, 'a', 'b'), 0o700);
      assert.deepEqual(modes(), [0o700, 0o700]);
      await create(join(root, 'a', 'b'), 0o755);
      assert.deepEqual(modes(), [0o700, 0o700]);
      // All at once, as several processes do.
      await Promise.all(Array.from({ length: 8 }, () => create(join(root, 'c', 'd', 'e'))));
      assert.ok(existsSync(join(root, 'c', 'd', 'e')));
      writeFileSync(join(root, 'file'), '');
      await assert.rejects(create(join(root, 'file')), { code: 'EEXIST' });
      await assert.rejects(create(join(root, 'file', 'below')), { code: 'ENOTDIR' });
    });

    it('ends where the system does not allow any directory', async (test) => {
      if (!existsSync('/proc/self')) return test.skip('needs /proc');
      await assert.rejects(create('/proc/no-such/directory'), { code: 'ENOENT' });
    });
  });
