import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorCatalogue } from '../../src/error-catalogue.ts';
import {
  breaksWalk,
  codeOf,
  composeSentence,
  concernsSpan,
  exitStatusOf,
  explainError,
  isResumable,
  KnownError,
  makesUnavailable,
  refuseInput,
  refusesLogin,
  type ErrorCode,
} from '../../src/errors.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import {
  explainMintRefusal,
  explainDeadToken,
  explainNarrowScope,
  unauthorizedRefusals,
} from '../../src/zendesk/login-refusal.ts';
import { explainUnavailable } from '../../src/zendesk/refusal.ts';

const codes = Object.keys(errorCatalogue) as ErrorCode[];
const select = (decide: (code: ErrorCode) => boolean): ErrorCode[] => codes.filter(decide);

describe('the code of an error', () => {
  it('recognises refused credentials of any kind, whatever refuses them', () => {
    const body = { shape: 'object', code: undefined, words: undefined } as const;
    const refused = [
      ...Object.values(unauthorizedRefusals),
      explainMintRefusal(401, body, 'read'),
      explainMintRefusal(404, body, 'read'),
      explainMintRefusal(400, { ...body, code: 'invalid_scope' }, 'read'),
      explainNarrowScope('read', 'users:read', 'read', 'oauth-client'),
      explainNarrowScope('read', '', 'read', 'oauth-refresh'),
      explainDeadToken(false),
    ];
    assert.equal(refused.length, 10);
    assert.deepEqual(
      refused.filter(({ code }) => !refusesLogin(code)),
      [],
    );
    const others = [
      explainUnavailable(403, body, auditLogs.needs).code,
      explainUnavailable(404, body, accessLogs.needs).code,
      'no_usable_answer',
      'database_unreachable',
      'stopped',
    ] as const;
    assert.deepEqual(others.filter(refusesLogin), []);
  });

  it('decides whether the stream pauses', () => {
    assert.deepEqual(select(makesUnavailable), [
      'scope_missing',
      'role_missing',
      'plan_missing',
      'add_on_missing',
      'endpoint_unknown',
      'account_suspended',
      'account_unknown',
      'record_unknown',
    ]);
  });

  it('decides whether the other spans are still read, and whether the cursor stays', () => {
    assert.deepEqual(select(breaksWalk), ['cursor_refused', 'walk_stuck']);
    assert.deepEqual(
      select((code) => !isResumable(code)),
      ['cursor_refused', 'walk_stuck', 'filter_ignored', 'request_rejected', 'records_unusable'],
    );
    assert.deepEqual(select(concernsSpan), [
      'address_unknown',
      'cursor_refused',
      'walk_stuck',
      'filter_ignored',
      'request_rejected',
      'redirected',
      'no_usable_answer',
      'rate_limited',
      'certificate_untrusted',
      'proxy_unreachable',
      'proxy_refused',
      'records_unusable',
    ]);
  });

  it('decides the exit status: 2 for mistakes in settings, 1 for everything else', () => {
    assert.deepEqual(
      select((code) => exitStatusOf(code) === 2),
      [
        'database_url_unusable',
        'database_unsuitable',
        'database_newer',
        'migrations_differ',
        'schema_taken',
        'citus_not_ready',
        'objects_in_the_way',
        'embedded_unusable',
        'bad_input',
      ],
    );
    assert.deepEqual(
      select((code) => exitStatusOf(code) === 0),
      ['output_closed'],
    );
  });

  it('is a valid label of a metric', () => {
    assert.deepEqual(
      codes.filter((code) => !/^[a-z]+(_[a-z]+)*$/.test(code)),
      [],
    );
  });

  it('is that of a fault of this program for an unknown error', () => {
    const fault = new TypeError('cannot read the row of Ann');
    assert.equal(codeOf(fault), 'program_fault');
    assert.equal(
      explainError(fault),
      'A bug in this program ended the work. Its log has the details.',
    );
  });
});

describe('the sentence of an error', () => {
  const table: [string, Parameters<typeof composeSentence>[0], string][] = [
    ['what is wrong', { found: 'It is late' }, 'It is late.'],
    ['what to do, as a clause', { found: 'It is late', wayOut: 'go home' }, 'It is late; go home.'],
    [
      'what to do, as a clause that begins with a setting',
      { found: 'It is late', wayOut: 'ZENDESK_SUBDOMAIN may be wrong' },
      'It is late; ZENDESK_SUBDOMAIN may be wrong.',
    ],
    [
      'what to do, as a sentence',
      { found: 'It is late', wayOut: 'Go home' },
      'It is late. Go home.',
    ],
    [
      'the subject, and what Zendesk said',
      { subject: 'The log is', found: 'late', wayOut: 'go home', quote: 'no; never' },
      'The log is late; go home. Zendesk said: "no; never".',
    ],
    ['nothing of an empty quote', { found: 'It is late', quote: '' }, 'It is late.'],
  ];
  for (const [name, facts, sentence] of table)
    it(`says ${name}`, () => {
      assert.equal(composeSentence(facts), sentence);
      assert.equal(new KnownError('no_usable_answer', facts).message, sentence);
    });

  it('has a line for each problem of an input', () => {
    const error = refuseInput(['A is wrong.', 'B is wrong.']);
    assert.equal(error.message, 'A is wrong.\nB is wrong.');
    assert.deepEqual(error.problems, ['A is wrong.', 'B is wrong.']);
    assert.deepEqual(new KnownError('stopped', { found: 'It ends' }).problems, ['It ends.']);
  });
});
