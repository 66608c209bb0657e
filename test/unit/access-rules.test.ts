/** The file of an installation's own rules for the access log. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createClassifier } from '../../src/classification/classifier.ts';
import { accessRules } from '../../src/classification/rules.ts';
import { readAccessRules } from '../../src/config/access-rules.ts';
import { hasCode } from '../../src/errors.ts';

function problemsOf(content: unknown): readonly string[] {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  try {
    readAccessRules(text, 'rules.json');
  } catch (error) {
    assert.ok(hasCode(error, 'bad_input'));
    return error.problems;
  }
  return [];
}

const kinds = 'view, list, search, export, write, secret, log, noise';

describe('readAccessRules', () => {
  it('reads rules of each form, in their order', () => {
    const rules = [
      { path: '/api/v2/moon_phases/{moon_phase}/**', kind: 'view' },
      { path: '/api/*/moons/search', methods: ['POST'], kind: 'search', resource: 'moon' },
      { collection: '/api/v2/moons', resource: 'moon' },
      { operation: 'lunarCalendar' },
      { operation: 'heartbeat', kind: 'noise' },
      { operation: 'moonById', kind: 'view', resource: 'moon' },
    ];
    assert.deepEqual(readAccessRules(JSON.stringify(rules), 'rules.json'), rules);
    assert.deepEqual(readAccessRules('[]', 'rules.json'), []);
    assert.deepEqual(readAccessRules('\uFEFF[]\r\n', 'rules.json'), []);
  });

  it('accepts every built-in rule, and what it accepts can be compiled', () => {
    const rules = readAccessRules(JSON.stringify(accessRules), 'rules.json');
    assert.deepEqual(rules, accessRules);
    createClassifier(rules);
  });

  it('says when a file is not a list of rules', () => {
    assert.deepEqual(problemsOf(''), [
      'rules.json is not JSON. Write a list of rules in JSON: check quotes, commas and brackets.',
    ]);
    assert.deepEqual(problemsOf('[\n  {"path": "/a"]'), [
      'rules.json is not JSON (line 2 column 16). Write a list of rules in JSON: check quotes, commas and brackets.',
    ]);
    assert.deepEqual(problemsOf({ path: '/a', kind: 'view' }), [
      'rules.json holds an object. Put a list of rules in square brackets.',
    ]);
    assert.deepEqual(problemsOf('""'), [
      'rules.json holds "". Put a list of rules in square brackets.',
    ]);
  });

  it('lists the problems of all rules at once', () => {
    const problems = problemsOf([
      { path: '/api/v2/moons', kind: 'look' },
      { path: '/api/v2/moons', kind: 'view' },
      { path: 'moons' },
      7,
      [{}],
      {},
      { path: '/a', operation: 'a', kind: 'view' },
    ]);
    assert.deepEqual(problems, [
      `rules.json, rule 1: kind is "look". Use one of ${kinds}.`,
      'rules.json, rule 3: path is "moons". Use a path that begins with a slash such as /api/v2/tickets/{ticket}.',
      `rules.json, rule 3: kind is missing. Use one of ${kinds}.`,
      'rules.json, rule 4: found 7. Write each rule in braces.',
      'rules.json, rule 5: found a list. Write each rule in braces.',
      'rules.json, rule 6: found none. Use exactly one of path, collection and operation.',
      'rules.json, rule 7: found path and operation. Use exactly one of path, collection and operation. Write a separate rule for each.',
    ]);
  });

  it('says what is wrong with a field', () => {
    const problemOf = (rule: unknown): string | undefined => {
      const [problem, ...others] = problemsOf([rule]);
      assert.deepEqual(others, []);
      return problem?.replace('rules.json, rule 1: ', '');
    };
    const pathProblem = (path: unknown): string | undefined => problemOf({ path, kind: 'view' });
    assert.equal(pathProblem(5), 'path is 5. Use a path such as /api/v2/tickets/{ticket}.');
    assert.equal(
      pathProblem('/a?b=c'),
      'path is "/a?b=c". Remove the query and use only the path.',
    );
    assert.equal(
      pathProblem('/a.json'),
      'path is "/a.json". Remove .json: the rule matches with and without it.',
    );
    assert.equal(
      pathProblem('/graphql'),
      'path is "/graphql". Use the path of a REST request. For a GraphQL request, use operation.',
    );
    assert.equal(
      pathProblem('/a/{id}'),
      'path is "/a/{id}". Use the type of the thing that the id belongs to, such as {ticket}, instead of {id}.',
    );
    assert.equal(
      pathProblem('/moons/{moon}/{tickets}'),
      'path is "/moons/{moon}/{tickets}". Use the singular {ticket} instead of {tickets}.',
    );
    assert.equal(
      pathProblem('/a/**/b'),
      'path is "/a/**/b". Use ** only at the end, after something else.',
    );
    assert.equal(
      pathProblem('/a/{Ticket}'),
      'path is "/a/{Ticket}". "{Ticket}" is not a segment. Use a word, several words such as a|b, {type}, {type:key}, {type:me}, * or **.',
    );
    assert.equal(
      problemOf({ path: '/a', kind: 'view', methods: ['GET', 'get'] }),
      'methods is "get". Use one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS.',
    );
    assert.equal(
      problemOf({ path: '/a', kind: 'view', methods: 'GET' }),
      'methods is "GET". Use a list such as ["GET"].',
    );
    assert.equal(
      problemOf({ path: '/a', kind: 'view', methods: [] }),
      'methods is []. List at least one method, or leave methods out to match all.',
    );
    assert.equal(
      problemOf({ path: '/a', kind: 'view', resource: 'Moon' }),
      'resource is "Moon". Use a type such as ticket: lower-case letters, digits and underscores.',
    );
    assert.equal(
      problemOf({ path: '/a', kind: 'view', resource: 'tickets' }),
      'resource is "tickets". Use the singular, ticket.',
    );
    assert.equal(
      problemOf({ path: '/a', kind: 'view', method: 'GET', note: 'x' }),
      'found "method", "note". Use only path, methods, kind, resource.',
    );
    assert.equal(
      problemOf({ collection: '/a/**', resource: 'moon' }),
      'collection is "/a/**". Remove ** from the end of the path.',
    );
    assert.equal(
      problemOf({ operation: 'moon phase' }),
      'operation is "moon phase". Use the name of a GraphQL operation: letters, digits and underscores.',
    );
    assert.equal(
      problemOf({ operation: 'x'.repeat(200) + '!' }),
      `operation is "${'x'.repeat(79)}…. Use the name of a GraphQL operation: letters, digits and underscores.`,
    );
  });
});
