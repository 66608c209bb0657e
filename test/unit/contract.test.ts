import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readText, root } from '../support/project-files.ts';

const document = 'docs/contract.md';
const sections = new Set(
  [...readText(document).matchAll(/^(?:#+ |- \*\*)(Q?\d+(?:\.\d+)?)\b/gm)].map(
    ([, name = '']) => name,
  ),
);

/** "contract 4.1", "Contract 0.2, 3", "contract 0.3 and Q4", "[contract](contract.md) Q8"; a comment may break the line. */
const section = String.raw`Q?\d+(?:\.\d+)?`;
const space = String.raw`\s+(?:(?:\*|//)\s+)?`;
const reference = new RegExp(
  String.raw`\bcontract(?:\]\(contract\.md\))?${space}(${section}(?:(?:,| and)${space}${section})*)`,
  'gi',
);
const references = globSync(['{src,test,bench,scripts}/**/*.{ts,sql}', 'docs/*.md', 'README.md'], {
  cwd: root,
})
  // The examples above are not references.
  .filter((path) => path !== document && path !== 'test/unit/contract.test.ts')
  .flatMap((path) =>
    [...readText(path).matchAll(reference)].flatMap(([, list = '']) =>
      [...list.matchAll(new RegExp(section, 'g'))].map(([name]) => ({ path, name })),
    ),
  );

describe('docs/contract.md', () => {
  it('has every section that something refers to', () => {
    assert.ok(references.length > 0);
    assert.deepEqual(
      references.filter(({ name }) => !sections.has(name)),
      [],
    );
  });

  it('has only sections that something refers to', () => {
    const used = new Set(references.map(({ name }) => name));
    assert.deepEqual(
      [...sections].filter((name) => !used.has(name)),
      [],
    );
  });

  it('has the address of each link, and no unused address', () => {
    const text = readText(document);
    const linked = [...text.matchAll(/\]\[([a-z-]+)\]/g)].map(([, name]) => name);
    const known = [...text.matchAll(/^\[([a-z-]+)\]: https:/gm)].map(([, name]) => name);
    assert.deepEqual(new Set(linked), new Set(known));
  });
});
