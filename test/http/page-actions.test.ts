import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Access } from '../../src/http/page/access.ts';
import type { Action } from '../../src/page/action.ts';
import { withPage } from '../support/page.ts';

const jane = 'jane-token-0123456789';
const rob = 'rob-token-0123456789';

const access: Access = {
  kind: 'login',
  tokens: [
    { role: 'investigator', name: 'jane', token: jane },
    { role: 'reader', name: 'rob', token: rob },
  ],
  proxy: undefined,
};

async function post(
  url: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; answer: unknown }> {
  const response = await fetch(`${url}/api/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, answer: await response.json() };
}

describe('an action of the page', { concurrency: true }, () => {
  it('is done for an investigator, from the page itself, and recorded before that', async () => {
    await withPage(
      async ({ url, db, offer }) => {
        const done: { action: Action; by: string; recorded: number }[] = [];
        const verify = { account: 'acme', depth: 'quick' };
        const own = { authorization: `Bearer ${jane}` };
        assert.deepEqual(await post(url, 'actions/verify', verify, own), {
          status: 503,
          answer: { reason: 'The service is still starting. Try again in a moment.' },
        });
        offer(async (action, by) => {
          const rows = await db.query('select from zendesk_sync.actions');
          done.push({ action, by, recorded: rows.length });
          return 'It has begun.';
        });
        for (const [headers, status, reason] of [
          [{}, 401, 'Log in with your token.'],
          [{ authorization: `Bearer ${rob}` }, 403, 'This needs the role investigator.'],
          [
            { ...own, origin: 'https://evil.example' },
            403,
            'This can only be done from the page itself: another website, or a program without a token, sent the request.',
          ],
        ] as const)
          assert.deepEqual(await post(url, 'actions/verify', verify, headers), {
            status,
            answer: { reason },
          });
        for (const [kind, body, reason] of [
          [
            'verify',
            { account: 'globex', depth: 'quick' },
            'account is "globex". This process follows acme.',
          ],
          ['verify', { account: 'acme' }, 'depth is missing. Use quick or deep.'],
          ['verify', '{', 'account is missing. This process follows acme.'],
          [
            'reconcile',
            { account: 'acme', stream: 'users' },
            'stream is "users". Use audit_logs or access_logs.',
          ],
          [
            'read',
            { account: 'acme', stream: 'audit_logs', from: 'now' },
            'from is "now". Use a time such as 2026-01-31T08:00:00Z.',
          ],
          [
            'read',
            {
              account: 'acme',
              stream: 'audit_logs',
              from: '2026-02-01T00:00:00Z',
              until: '2026-01-01T00:00:00Z',
            },
            'from is not before until. Swap the two.',
          ],
          [
            'acknowledge',
            { account: 'acme', findings: ['a'] },
            'The reason is missing, or longer than 2000 characters. Write why.',
          ],
          ['drop', { account: 'acme' }, 'Nothing of this name can be done.'],
        ] as const)
          assert.deepEqual(await post(url, `actions/${kind}`, body, own), {
            status: 400,
            answer: { reason },
          });
        assert.deepEqual(done, []);
        assert.deepEqual(await db.query('select from zendesk_sync.actions'), []);
        assert.deepEqual(await post(url, 'actions/verify', verify, own), {
          status: 200,
          answer: { done: 'It has begun.' },
        });
        assert.deepEqual(done, [
          { action: { kind: 'verify', ...verify }, by: 'jane', recorded: 1 },
        ]);
        assert.deepEqual(
          await db.query(
            'select done_by, role, action, account, parameters from zendesk_sync.actions',
          ),
          [
            {
              done_by: 'jane',
              role: 'investigator',
              action: 'verify',
              account: 'acme',
              parameters: { depth: 'quick' },
            },
          ],
        );
      },
      { access },
    );
  });

  it('cannot be taken out of the record, nor can a question', async () => {
    await withPage(async ({ db }) => {
      await db.query(
        `insert into zendesk_sync.questions (asked_by, role, view, parameters) values ('jane', 'reader', 'who', '{}')`,
      );
      for (const statement of [
        `delete from zendesk_sync.questions`,
        `update zendesk_sync.questions set asked_by = 'rob'`,
        `truncate zendesk_sync.actions`,
      ])
        await assert.rejects(db.query(statement), /./, statement);
      assert.deepEqual(await db.query('select asked_by from zendesk_sync.questions'), [
        { asked_by: 'jane' },
      ]);
    });
  });
});
