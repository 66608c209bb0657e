import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readErrorBody, type ErrorBody, type Failure } from '../../src/zendesk/answer.ts';
import { composeSentence, type ErrorCode } from '../../src/errors.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { users as people } from '../../src/streams/users.ts';
import { explainMintRefusal } from '../../src/zendesk/login-refusal.ts';
import {
  explainAccess,
  explainFailure,
  explainUnavailable,
  type Needs,
} from '../../src/zendesk/refusal.ts';
import { createSecrets } from '../../src/zendesk/secrets.ts';

const audit = auditLogs.needs;
const access = accessLogs.needs;
const users = people.needs;
const auditEntitlement =
  'it needs the plan Zendesk Suite Enterprise or Support Enterprise (or a higher one) and the role admin; check the plan, and the role of the user whose credentials are used';
const accessEntitlement =
  'it needs the add-on Advanced Data Privacy and Protection and the role admin; check both, and switch it on: Admin Center > Account > Logs > Access log > "Turn on the Access Log API"';
const usersEntitlement =
  'it needs the role agent or admin; check the role of the user whose credentials are used';
const lackingScope = (scope: string): string =>
  `the token lacks the scope ${scope}; allow it for the OAuth client (Admin Center > Apps and integrations > APIs > OAuth clients) and set ZENDESK_OAUTH_SCOPE to it, or better to read`;

const noAccess =
  '{"error":{"title":"Forbidden","message":"You do not have access to this page. Please contact the account owner of this help desk for further help."}}';
const noScope =
  '{"error":"Forbidden","description":"You are missing the following required scopes: read"}';
const noAdmin =
  '{"errors":[{"title":"Authorization failed","detail":"You must have administrator privileges"}]}';
const noEndpoint = '{"error":"InvalidEndpoint","description":"Not found"}';

describe('the sentence about a stream that is not available', () => {
  const table: [number, string, Needs, ErrorCode, string][] = [
    [
      403,
      noAccess,
      audit,
      'plan_missing',
      `The audit log is not available (403): ${auditEntitlement}`,
    ],
    [
      403,
      noAccess,
      access,
      'add_on_missing',
      `The access log is not available (403): ${accessEntitlement}`,
    ],
    [
      403,
      noAccess,
      users,
      'role_missing',
      `/api/v2/users is not available (403): ${usersEntitlement}`,
    ],
    [
      403,
      noScope,
      audit,
      'scope_missing',
      `The audit log is not available (403): ${lackingScope('read')}`,
    ],
    [
      403,
      noScope.replace('scopes: read', 'scopes: auditlogs:read, read.'),
      access,
      'scope_missing',
      `The access log is not available (403): ${lackingScope('auditlogs:read, read')}`,
    ],
    [
      403,
      noScope.replace('scopes: read', 'scopes: <b>'),
      users,
      'scope_missing',
      `/api/v2/users is not available (403): ${lackingScope('read')}`,
    ],
    [
      403,
      noAdmin,
      access,
      'role_missing',
      'The access log is not available (403): only the role admin can read it; give that role to the user whose credentials are used',
    ],
    [
      403,
      '{"errors":[{"title":"Forbidden","detail":"Feature is off"}]}',
      access,
      'add_on_missing',
      `The access log is not available (403): ${accessEntitlement}`,
    ],
    [
      404,
      noEndpoint,
      audit,
      'endpoint_unknown',
      `The audit log is not available (404): this account does not have the endpoint; ${auditEntitlement}`,
    ],
    [
      404,
      noEndpoint,
      access,
      'endpoint_unknown',
      `The access log is not available (404): this account does not have the endpoint; ${accessEntitlement}`,
    ],
    [
      404,
      '{"error":"RecordNotFound","description":"Not found"}',
      { ...people.needs, name: '/api/v2/users/1' },
      'record_unknown',
      '/api/v2/users/1 is not available (404): the record does not exist',
    ],
  ];
  for (const [status, body, needs, code, sentence] of table)
    it(`says what to do about ${status} ${body} of ${needs.name}`, () => {
      const refusal = explainUnavailable(status, readErrorBody(Buffer.from(body)), needs);
      assert.deepEqual([refusal.code, composeSentence(refusal)], [code, `${sentence}.`]);
    });
});

describe('the sentence about a refused OAuth client', () => {
  const table: [number, string, ErrorCode, string][] = [
    [
      401,
      '{"error":"invalid_client","error_description":"Client authentication failed"}',
      'client_refused',
      'Zendesk refuses the OAuth client (401); check ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET, and that the client is confidential (Admin Center > Apps and integrations > APIs > OAuth clients)',
    ],
    [
      400,
      '{"error":"invalid_scope","error_description":"The requested scope is invalid"}',
      'scope_not_granted',
      'Zendesk does not grant the scope everything to the OAuth client (400); set ZENDESK_OAUTH_SCOPE to scopes that are allowed for the client (Admin Center > Apps and integrations > APIs > OAuth clients)',
    ],
    [
      404,
      '<html></html>',
      'token_endpoint_unknown',
      'There is no token endpoint (404); check ZENDESK_SUBDOMAIN and ZENDESK_BASE_URL',
    ],
  ];
  for (const [status, body, code, sentence] of table)
    it(`says what to do about ${status} ${body}`, () => {
      const refusal = explainMintRefusal(status, readErrorBody(Buffer.from(body)), 'everything');
      assert.deepEqual([refusal.code, composeSentence(refusal)], [code, `${sentence}.`]);
    });
});

describe('the code of the failure that ends a request', () => {
  const secrets = createSecrets({ kind: 'oauth-token', token: 'fixed-token' });
  const noAnswer = (code: string): Failure => ({
    kind: 'no-answer',
    code,
    cause: new Error(code),
  });
  const refusal = (
    status: number,
    cursorSent = false,
    shape: ErrorBody['shape'] = 'object',
  ): Failure => ({
    kind: 'refusal',
    status,
    requestId: undefined,
    body: { shape, code: undefined, words: undefined },
    cursorSent,
    pauseMs: 60_000,
    retryAfterMs: undefined,
    redirectedTo: undefined,
  });
  const broken: Failure = {
    kind: 'broken-answer',
    status: 200,
    requestId: undefined,
    fault: 'is not complete JSON',
    wasCut: true,
  };
  const table: [string, Failure, ErrorCode][] = [
    ['a lost connection', noAnswer('ECONNRESET'), 'no_usable_answer'],
    ['an untrusted certificate', noAnswer('DEPTH_ZERO_SELF_SIGNED_CERT'), 'certificate_untrusted'],
    ['an expired certificate', noAnswer('CERT_HAS_EXPIRED'), 'certificate_untrusted'],
    ['an unknown issuer', noAnswer('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'certificate_untrusted'],
    [
      'a certificate of another host',
      noAnswer('ERR_TLS_CERT_ALTNAME_INVALID'),
      'certificate_untrusted',
    ],
    ['a broken answer', broken, 'no_usable_answer'],
    ['504', refusal(504), 'no_usable_answer'],
    ['429', refusal(429), 'rate_limited'],
    ['401', refusal(401), 'unauthorized'],
    ['403', refusal(403), 'plan_missing'],
    ['403 of a proxy', refusal(403, false, 'html'), 'no_usable_answer'],
    ['401 of a proxy', refusal(401, false, 'none'), 'no_usable_answer'],
    ['404', refusal(404), 'endpoint_unknown'],
    ['404 of a proxy', refusal(404, false, 'text'), 'address_unknown'],
    ['404 with a cursor', refusal(404, true), 'cursor_refused'],
    ['404 of a proxy with a cursor', refusal(404, true, 'html'), 'cursor_refused'],
    ['403 of a proxy with a cursor', refusal(403, true, 'html'), 'no_usable_answer'],
    ['408', refusal(408), 'no_usable_answer'],
    ['423', refusal(423), 'no_usable_answer'],
    ['400 without a cursor', refusal(400), 'request_rejected'],
    ['400 with a cursor', refusal(400, true), 'cursor_refused'],
    ['422', refusal(422), 'request_rejected'],
    ['422 with a cursor', refusal(422, true), 'cursor_refused'],
    ['410 with a cursor', refusal(410, true), 'cursor_refused'],
    ['418', refusal(418), 'request_rejected'],
    ['a redirect', refusal(302), 'redirected'],
  ];
  for (const [name, failure, code] of table)
    it(`is ${code} for ${name}`, () => {
      const tries = { attempt: 6, pauses: 20, tokenRenewed: true };
      const error = explainFailure(failure, tries, {
        path: '/api/v2/audit_logs',
        origin: 'https://acme.zendesk.com',
        privateTexts: [],
        secrets,
        explainRefusal: (status, body) => explainAccess(status, body, audit, 'oauth-client'),
      });
      assert.equal(error.code, code);
    });
});
