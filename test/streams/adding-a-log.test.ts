import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readText } from '../support/project-files.ts';

describe('docs/adding-a-log.md', () => {
  const document = readText('docs/adding-a-log.md');

  for (const file of ['test/streams/deletion-schema.ts', 'test/streams/deletion-logs.ts']) {
    it(`shows ${file} unchanged`, () => {
      const [, shown] = document.split(`<!-- ${file} -->\n\n\`\`\`ts\n`);
      assert.equal(shown?.split('```\n')[0], readText(file));
    });
  }

  it('shows the registry with one line more', () => {
    const registry = /^export const streams.*$/m.exec(readText('src/streams/registry.ts'))?.[0];
    assert.ok(registry !== undefined);
    assert.ok(document.includes(registry.replace('];', ', deletionLogs];')), registry);
  });
});
