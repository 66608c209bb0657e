import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ANSWER_FAULTS } from '../../src/simulator/faults/answer-faults.ts';
import { PAGE_FAULTS } from '../../src/simulator/faults/page-faults.ts';
import { QUERY_FAULTS } from '../../src/simulator/faults/query-faults.ts';
import { readText, root } from '../support/project-files.ts';

const page = readText('docs/simulator.md');

/** The first cells of the tables under a heading, up to the next one of the same level. */
function listCells(heading: string): readonly string[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(/^\| `([^`]+)`/gm)].map(([, cell = '']) => cell);
}

/** The text between quotes in the source that matches `pattern`. */
function findIn(path: string, pattern: RegExp): readonly string[] {
  return [...readText(path).matchAll(pattern)].map(([, found = '']) => found);
}

function listRoutes(): readonly string[] {
  return globSync('src/simulator/**/*.ts', { cwd: root }).flatMap((path) => {
    const text = readText(path);
    const [, base = ''] = /const PATH = '([^']+)'/.exec(text) ?? [];
    const paths = [
      ...[...text.matchAll(/\bpath: matchPath\([`']?([^`')]+)/g)].map(([, each = '']) => each),
      ...(/\bpath: PATH,/.test(text) ? [base] : []),
      ...[...text.matchAll(/\bpath: '([^']+)'/g)].map(([, each = '']) => each),
      ...[...text.matchAll(/path: \/\^(\S+?)\$\//g)].map(([, each = '']) =>
        each.replaceAll('\\/', '/'),
      ),
    ];
    return paths
      .filter((each) => each !== 'log.path, log.hasJsonForm')
      .map((each) => each.replace(/^(?:\$\{PATH\}|PATH)/, base));
  });
}

const sorted = (names: Iterable<string>): readonly string[] => [...names].toSorted();

describe('the page about the simulator', () => {
  it('has every kind of fault and every field of one', () => {
    const transport = findIn('src/simulator/faults/faults.ts', /^ {2}'?([a-z-]+)'?,$/gm).filter(
      (kind) => /^[a-z]+(-[a-z]+)*$/.test(kind),
    );
    const fields = ['kind', 'stream', 'after', 'times', 'onlyWithCursor', 'pageSizeOver'];
    assert.deepEqual(
      sorted(listCells('Faults')),
      sorted([
        ...Object.keys(ANSWER_FAULTS),
        ...Object.keys(PAGE_FAULTS),
        ...Object.keys(QUERY_FAULTS),
        ...transport,
        ...fields,
      ]),
    );
    for (const field of ['seconds', 'location', 'ms', 'pages', 'field', 'value', 'shiftMs'])
      assert.ok(page.includes(`\`${field}\``), field);
  });

  it('has every route', () => {
    const routes = listCells('Routes');
    const control = findIn('src/simulator/http/control.ts', /case '([A-Z]+ \/simulator\/\w+)'/g);
    assert.deepEqual(
      sorted(routes.filter((route) => route.includes('/simulator/'))),
      sorted(control),
    );
    const others = routes.filter((route) => !route.includes('/simulator/'));
    assert.deepEqual(
      sorted(others.map((route) => route.replace(/^\w+ /, ''))),
      sorted(new Set(listRoutes())),
    );
  });

  it('has every switch with its default', () => {
    const command = readText('src/commands/simulate.ts');
    const numbers = [...command.matchAll(/number\('([a-z-]+)', '[^']+', '(\d+)'\)/g)];
    assert.deepEqual(
      sorted(listCells('Switches')),
      sorted([...numbers.map(([, name]) => `--${name} <number>`), '--no-limits']),
    );
    for (const [, name = '', usual = ''] of numbers)
      assert.match(page, new RegExp(`\\| \`--${name} <number>\` +\\| ${usual} +\\|`));
  });
});
