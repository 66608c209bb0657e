import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { describe, it } from 'node:test';
import { renderErrorsDocument } from '../../scripts/errors-document.ts';
import { errorCatalogue } from '../../src/error-catalogue.ts';
import { readText, root } from '../support/project-files.ts';

const codes = new Set(Object.keys(errorCatalogue));

describe('docs/errors.md', () => {
  it('says what the catalogue says; if not, run "npm run docs:errors"', () => {
    assert.equal(readText('docs/errors.md'), renderErrorsDocument());
  });

  it('is linked to only with existing codes', () => {
    const places = globSync(['docs/*.md', 'README.md', '{monitoring,deploy}/**/*.{yml,yaml,md}'], {
      cwd: root,
    });
    for (const place of places)
      for (const [, code = ''] of readText(place).matchAll(/errors\.md#([a-z_]+)/g))
        assert.ok(codes.has(code), `${place} names ${code}`);
  });
});

describe('the catalogue of errors', () => {
  const sources = globSync(['src/**/*.{ts,sql}', 'migrations/*.sql'], { cwd: root }).filter(
    (path) => path !== 'src/error-catalogue.ts' && path !== 'src/errors.ts',
  );
  const text = sources.map((path) => readText(path)).join('\n');

  it('has only codes that something uses', () => {
    const used = new Set([...text.matchAll(/'([a-z]+(?:_[a-z]+)*)'/g)].map(([, word]) => word));
    // These two are created in src/errors.ts.
    const others = ['bad_input', 'program_fault'];
    assert.deepEqual(
      [...codes].filter((code) => !used.has(code) && !others.includes(code)),
      [],
    );
  });

  it('has every code that a statement names', () => {
    const lines = text.split('\n').filter((line) => /(?:error|unavailable)_code\b/.test(line));
    for (const line of lines)
      for (const [, code = ''] of line.matchAll(/'([a-z]+(?:_[a-z]+)+)'/g))
        assert.ok(codes.has(code), line);
  });
});
