import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createAuthority } from '../support/certificates.ts';
import { startMailServer } from '../support/mail-server.ts';
import {
  assertDiscreet,
  endsWithin,
  runProgram,
  startProgram,
  temporary,
  type Program,
} from '../support/program.ts';
import { waitUntil, withAccount } from '../support/pulled-account.ts';
import { startReceiver } from '../support/receiver.ts';

const small = {
  accessLogDays: 1,
  accessLogRowsPerDay: 20,
  auditLogDays: 1,
  auditLogRowsPerDay: 10,
};
const promisedMs = 10_000;

async function stop(...services: readonly Program[]): Promise<void> {
  for (const service of services) service.kill('SIGTERM');
  for (const service of services) {
    assert.ok(await endsWithin(service, promisedMs));
    assert.equal((await service.ended).status, 0, service.written());
  }
}

describe('alerts test', () => {
  it('sends a message to each channel and reports the result, with status 1 if one does not accept it', async (test) => {
    const receiver = await startReceiver();
    const authority = createAuthority('kr7');
    const tls = { ...authority.issue('localhost', ['localhost', '127.0.0.1']), isImplicit: true };
    const login = { user: 'me@acme.example', password: 'kr7 secret/' };
    const mail = await startMailServer({ tls, login });
    test.after(() => receiver.stop());
    test.after(() => mail.stop());
    const trusted = join(temporary, 'alerts-ca.pem');
    writeFileSync(trusted, authority.cert);
    const settings = {
      ALERT_WEBHOOK_URL: `${receiver.origin}/kr7-hook`,
      ALERT_EMAIL_TO: 'one@acme.example,two@acme.example',
      SMTP_URL: `smtps://me%40acme.example:kr7%20secret%2F@localhost:${mail.port}`,
    };
    const well = await runProgram(['alerts', 'test'], {
      ...settings,
      NODE_EXTRA_CA_CERTS: trusted,
    });
    assert.deepEqual(
      [well.status, well.stdout, well.stderr],
      [0, 'webhook: the message was taken.\nemail: the message was taken.\n', ''],
    );
    assert.match(receiver.received[0]?.body ?? '', /This is a test/);
    assert.deepEqual(
      mail.received.map(({ from, to, user, isEncrypted }) => ({ from, to, user, isEncrypted })),
      [
        {
          from: 'me@acme.example',
          to: ['one@acme.example', 'two@acme.example'],
          user: 'me@acme.example',
          isEncrypted: true,
        },
      ],
    );
    receiver.answerWith((response) => response.writeHead(403).end());
    const untrusted = await runProgram(['alerts', 'test'], settings);
    assert.equal(untrusted.status, 1);
    assert.equal(
      untrusted.stdout,
      `webhook: the message was not taken: it answers with status 403. Check ALERT_WEBHOOK_URL.
email: the message was not taken: the mail server offers no TLS, or a certificate that cannot be verified. Check SMTP_URL.
`,
    );
    assert.equal(mail.received.length, 1);
    assert.ok(!`${untrusted.stdout}${untrusted.stderr}`.includes('kr7'));
  });

  it('upgrades by STARTTLS and verifies that too', async (test) => {
    const authority = createAuthority('kr7');
    const tls = { ...authority.issue('localhost', ['localhost']), isImplicit: false };
    const mail = await startMailServer({ tls });
    test.after(() => mail.stop());
    const trusted = join(temporary, 'alerts-starttls-ca.pem');
    writeFileSync(trusted, authority.cert);
    const settings = {
      ALERT_EMAIL_TO: 'one@acme.example',
      SMTP_URL: `smtp://localhost:${mail.port}`,
    };
    const untrusted = await runProgram(['alerts', 'test'], settings);
    assert.match(untrusted.stdout, /a certificate that cannot be verified/);
    assert.equal(mail.received.length, 0);
    const well = await runProgram(['alerts', 'test'], {
      ...settings,
      NODE_EXTRA_CA_CERTS: trusted,
    });
    assert.equal(well.stdout, 'email: the message was taken.\n');
    assert.deepEqual(
      mail.received.map(({ isEncrypted }) => isEncrypted),
      [true],
    );
  });

  it('says what to set when there is no channel', async () => {
    const { status, stderr } = await runProgram(['alerts', 'test']);
    assert.equal(status, 2);
    assert.equal(
      stderr,
      'No channel for alerts is set. Set ALERT_WEBHOOK_URL, or SMTP_URL and ALERT_EMAIL_TO.\n',
    );
  });
});

describe('serve with ALERT_WEBHOOK_URL', () => {
  it('reports once what needs a person, with two processes and after restarts; status and doctor say when it cannot', async (test) => {
    await withAccount(small, async ({ settings: usual, query }) => {
      const receiver = await startReceiver();
      test.after(() => receiver.stop());
      const settings = {
        ...usual,
        HTTP_PORT: '0',
        ALERT_WEBHOOK_URL: `${receiver.origin}/kr7-hook`,
      };
      assert.equal((await runProgram(['sync'], settings)).status, 0);
      assert.equal(receiver.received.length, 0);
      await query(
        `insert into zendesk_sync.quarantine (account, stream, code, reason, content, fingerprint, tried_by)
         select account, 'audit_logs', 'record_without_id', 'It has no id.', '{"kr7": "content"}', 'x', 'another version'
         from zendesk_sync.streams where stream = 'audit_logs'`,
      );
      const first = startProgram(['serve'], settings);
      const second = startProgram(['serve'], settings);
      await waitUntil(() => receiver.received.length > 0);
      const { text } = JSON.parse(receiver.received[0]?.body ?? '') as { text: string };
      assert.match(text, /1 record could not be stored. Run "quarantine list"\./);
      // Whoever is stopped before it knows that the message was taken leaves it to the next process.
      await waitUntil(
        async () =>
          (await query('select from zendesk_sync.alert_channels where succeeded_at is not null'))
            .length === 1,
      );
      await stop(first, second);
      receiver.answerWith((response) => response.writeHead(500).end());
      const third = startProgram(['serve'], settings);
      const looks = () =>
        query<{ at: Date }>('select looked_at as at from zendesk_sync.alerted_accounts');
      const [before] = await looks();
      await waitUntil(async () => ((await looks())[0]?.at ?? 0) > (before?.at ?? 0));
      assert.equal(receiver.received.length, 1);
      await query(
        `insert into zendesk_sync.alert_messages (channel, kind, content) values ('webhook', 'news', '{"title": "x", "sections": []}')`,
      );
      await third.waitFor(/ALERT_WEBHOOK_URL takes no alerts; they are sent again later/);
      const written = [first, second, third].map((service) => service.written()).join('\n');
      assertDiscreet(written, [settings.ALERT_WEBHOOK_URL, 'kr7']);
      await stop(third);
      const status = await runProgram(['status'], settings);
      assert.match(
        status.stdout,
        /^Alerts by webhook have not arrived since .* UTC: it answers with status 500; one message waits\.$/m,
      );
      const doctor = await runProgram(['doctor'], settings);
      assert.match(doctor.stdout, /warning +Alerts by webhook: alerts by webhook have not arrived/);
      const list = await runProgram(['alerts', 'list'], settings);
      assert.match(
        list.stdout,
        /^Alerts that still hold:\n {2}.* UTC {2}.* audit_logs: 1 record could not be stored/m,
      );
      assert.match(list.stdout, /^Alerts by webhook have not arrived/m);
    });
  });
});
