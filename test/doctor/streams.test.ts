import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ok, problem, skipped, warning, type Check } from '../../src/doctor/check.ts';
import type { StreamAnswer } from '../../src/doctor/probe.ts';
import { checkStream } from '../../src/doctor/streams.ts';
import { KnownError } from '../../src/errors.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import type { Stream } from '../../src/streams/stream.ts';
import { users } from '../../src/streams/users.ts';
import { readErrorBody } from '../../src/zendesk/answer.ts';
import { explainUnavailable } from '../../src/zendesk/refusal.ts';

const now = new Date('2026-11-21T08:00:00Z');
const daysAgo = (days: number): number => now.getTime() / 1000 - days * 86_400;
const theSwitch = 'Admin Center > Account > Logs > Access log > "Turn on the Access Log API"';
const clients = 'Admin Center > Apps and integrations > APIs > OAuth clients';

/** The error of the Zendesk client for an answer with that status and body. */
function refuse({ needs }: Stream, status: number, body: string): StreamAnswer {
  const { code, ...facts } = explainUnavailable(status, readErrorBody(Buffer.from(body)), needs);
  const error = new KnownError(code, { ...facts, quote: 'no; never' });
  return { kind: 'refused', error };
}

const noPlan = '{"error":{"title":"Forbidden","message":"You do not have access to this page."}}';
const noScope =
  '{"error":"Forbidden","description":"You are missing the following required scopes: read"}';
const noAdmin =
  '{"errors":[{"title":"Authorization failed","detail":"You must have administrator privileges"}]}';
const noEndpoint = '{"error":"InvalidEndpoint","description":"Not found"}';
const said = ' Zendesk said: "no; never".';

describe('the check of a stream', () => {
  const answered = (oldest: number | undefined, isSilent = false): StreamAnswer => ({
    kind: 'answered',
    oldest,
    proof: 'proved',
    samples: [],
    isSilent,
  });
  const scopeAdvice = `Allow it for the OAuth client (${clients}) and set ZENDESK_OAUTH_SCOPE to it, or better to read.`;
  const table: [string, Stream, StreamAnswer | undefined, Check][] = [
    [
      'shows how far the log reaches back',
      auditLogs,
      answered(daysAgo(400)),
      ok('audit log', 'answers; oldest record 2025-10-17 08:00 UTC, 400 days ago'),
    ],
    [
      'says that one answer alone tells the oldest record',
      auditLogs,
      { ...answered(daysAgo(400)), proof: 'claimed' } as StreamAnswer,
      ok(
        'audit log',
        'answers; oldest record 2025-10-17 08:00 UTC, 400 days ago, according to one response',
      ),
    ],
    [
      'warns of a log that answers out of order',
      auditLogs,
      { ...answered(daysAgo(400)), proof: 'disordered' } as StreamAnswer,
      warning(
        'audit log',
        'answers; oldest record 2025-10-17 08:00 UTC, 400 days ago or up to a day later; the first response had later records, so Zendesk does not use the requested order',
        'A sync still reads everything. If it persists, contact Zendesk support.',
      ),
    ],
    ['is content with users who answer', users, answered(undefined), ok('users', 'answers')],
    [
      'says that the plan does not have the audit log',
      auditLogs,
      refuse(auditLogs, 403, noPlan),
      problem(
        'audit log',
        `not available (403): it needs the plan Zendesk Suite Enterprise or Support Enterprise (or a higher one) and the role admin.${said}`,
        'Check the plan, and the role of the user whose credentials are used.',
      ),
    ],
    [
      'says that the add-on of the access log is missing',
      accessLogs,
      refuse(accessLogs, 404, noEndpoint),
      problem(
        'access log',
        `not available (404): this account does not have the endpoint.${said}`,
        `It needs the add-on Advanced Data Privacy and Protection and the role admin; check both, and switch it on: ${theSwitch}.`,
      ),
    ],
    [
      'says that it may be the add-on, the role or the switch',
      accessLogs,
      refuse(accessLogs, 403, noPlan),
      problem(
        'access log',
        `not available (403): it needs the add-on Advanced Data Privacy and Protection and the role admin.${said}`,
        `Check both, and switch it on: ${theSwitch}.`,
      ),
    ],
    [
      'says that the role does not allow it',
      accessLogs,
      refuse(accessLogs, 403, noAdmin),
      problem(
        'access log',
        `not available (403): only the role admin can read it.${said}`,
        'Give that role to the user whose credentials are used.',
      ),
    ],
    [
      'says which scope is missing',
      users,
      refuse(users, 403, noScope),
      problem('users', `not available (403): the token lacks the scope read.${said}`, scopeAdvice),
    ],
    [
      'says how the access log is switched on when it is empty',
      accessLogs,
      answered(undefined),
      problem(
        'access log',
        'answers, but has no records, although requests such as this one should create some: it is not switched on, or was switched on just now',
        `Turn it on: ${theSwitch}. The first records may take an hour. What happened before is never recorded.`,
      ),
    ],
    [
      'warns of an audit log without records',
      auditLogs,
      answered(undefined),
      warning(
        'audit log',
        'answers, but has no records at all',
        'Check that ZENDESK_SUBDOMAIN is the right account.',
      ),
    ],
    [
      'notices an access log that has gone silent',
      accessLogs,
      answered(daysAgo(60), true),
      warning(
        'access log',
        'answers; oldest record 2026-09-22 08:00 UTC, 60 days ago; none in the last 24 hours, although requests such as this one should create some',
        `Check that it is still switched on: ${theSwitch}.`,
      ),
    ],
    [
      'does not judge what was not asked',
      accessLogs,
      { kind: 'not-asked', reason: 'there is no login' },
      skipped('access log', 'there is no login'),
    ],
    ['does not judge what is not pulled', users, undefined, skipped('users', 'not in STREAMS')],
    [
      'tells of an answer that cannot be read',
      auditLogs,
      { kind: 'unreadable', reason: 'A record of audit_logs has no usable id.' },
      problem(
        'audit log',
        'A record of audit_logs has no usable id.',
        'Try again in a few minutes.',
      ),
    ],
  ];
  for (const [title, stream, answer, check] of table)
    it(title, () => assert.deepEqual(checkStream(stream, answer, now), check));

  it('says what to do about a redirect to another place', () => {
    const found =
      'https://acme.zendesk.com answered /api/v2/audit_logs with a redirect to https://other.example (302), which the program does not follow';
    const error = new KnownError('redirected', { found, wayOut: 'check ZENDESK_SUBDOMAIN' });
    assert.deepEqual(
      checkStream(auditLogs, { kind: 'refused', error }, now),
      problem('audit log', `${found}.`, 'Check ZENDESK_SUBDOMAIN.'),
    );
  });
});
