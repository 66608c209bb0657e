import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readErrorBody } from '../../src/zendesk/answer.ts';
import { explainInactive } from '../../src/zendesk/inactive-account.ts';

const origin = 'https://acme.zendesk.com';

function explain(status: number, body: string) {
  return explainInactive(status, readErrorBody(Buffer.from(body)), { origin });
}

describe('an answer about the whole account', () => {
  for (const [status, body] of [
    [403, '{"error":{"title":"Account suspended","message":"This account has been suspended."}}'],
    [401, '{"error":"AccountSuspended","description":"Contact billing"}'],
    [403, '{"error":"Forbidden","description":"Your trial has expired"}'],
    [404, '{"errors":[{"title":"Not found","detail":"The help desk was cancelled"}]}'],
    [403, '<html><head><title>Suspended account | Zendesk</title></head></html>'],
    [410, 'This account is no longer active: subscription cancelled'],
  ] as const)
    it(`says of ${status} ${body} that the account is suspended`, () => {
      assert.deepEqual(explain(status, body), {
        code: 'account_suspended',
        found: `The Zendesk account at ${origin} is suspended, expired or cancelled (${status}), so nothing of it can be read`,
        wayOut:
          'let the owner of the account look at the billing in Admin Center, or ask the support of Zendesk; what was stored stays',
      });
    });

  it('says that there is no account at an address without a help desk', () => {
    const body =
      '{"error":{"title":"No help desk at acme.zendesk.com","message":"There is no help desk configured at this address. This means that the address is available and that you can claim it at http://www.zendesk.com/signup"}}';
    assert.deepEqual(explain(404, body), {
      code: 'account_unknown',
      found: `There is no Zendesk account at ${origin} (404)`,
      wayOut:
        'check ZENDESK_SUBDOMAIN and ZENDESK_BASE_URL; an account that was cancelled is deleted after a while',
    });
  });

  for (const [status, body] of [
    [
      403,
      '{"error":{"title":"Forbidden","message":"You do not have access to this page. Please contact the account owner of this help desk for further help."}}',
    ],
    [401, '{"error":"invalid_token","error_description":"The access token provided is expired"}'],
    [403, '{"error":"Forbidden","description":"The user account is suspended"}'],
    [503, '{"error":"AccountSuspended"}'],
    [404, '{"error":"RecordNotFound","description":"Not found"}'],
  ] as const)
    it(`is not ${status} ${body}`, () => {
      assert.equal(explain(status, body), undefined);
    });
});
