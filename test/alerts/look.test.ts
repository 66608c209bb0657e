import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deliver } from '../../src/alerts/deliver.ts';
import { look, type Watch } from '../../src/alerts/look.ts';
import { registerAccounts } from '../../src/alerts/memory.ts';
import { openMail } from '../../src/alerts/mail.ts';
import { openWebhook } from '../../src/alerts/webhook.ts';
import { openDatabase, type Database } from '../../src/database/client.ts';
import { streams } from '../../src/streams/registry.ts';
import { collectLog } from '../support/collected-log.ts';
import { withDatabase } from '../support/database.ts';
import { startMailServer } from '../support/mail-server.ts';
import { startReceiver } from '../support/receiver.ts';
import { storeFinding } from '../support/stored-finding.ts';

const noProxies = { https: undefined, http: undefined, exceptions: '' };
const pulled = new Map([['acme', ['audit_logs', 'access_logs']]]);
const watch: Watch = {
  pulled,
  streams,
  channels: [{ name: 'webhook' }],
  severities: ['high', 'medium'],
  lastDigest: () => undefined,
};

async function withAlerts(work: (db: Database, url: string) => Promise<void>): Promise<void> {
  await withDatabase(async (url) => {
    const db = openDatabase({ url, connections: 4 });
    try {
      await db.query(
        `insert into zendesk_sync.streams (account, stream, retention_days) values ('acme', 'access_logs', null), ('acme', 'audit_logs', null)`,
      );
      // A run that has just succeeded: nothing is stale.
      await db.query(
        `insert into zendesk_sync.runs (account, stream, task, holder, started_at, ended_at, outcome)
         select 'acme', stream, 'live', 'me', now(), now(), 'complete' from unnest('{access_logs,audit_logs}'::text[]) as s (stream)`,
      );
      await work(db, url);
    } finally {
      await db.close();
    }
  });
}

/** Looks once, as the service does, some minutes after the last look. */
async function lookLater(db: Database, options = watch): Promise<void> {
  await registerAccounts(db, [...options.pulled.keys()]);
  await passMinutes(db, 10);
  await look(db, options);
}

/** Makes everything that alerts remember older: it is what happens when time passes. */
async function passMinutes(db: Database, minutes: number): Promise<void> {
  const ago = `make_interval(mins => ${minutes})`;
  await db.query(
    `update zendesk_sync.alerted_accounts set looked_at = looked_at - ${ago}, findings_since = findings_since - ${ago}`,
  );
  await db.query(`update zendesk_sync.alert_messages set created_at = created_at - ${ago}`);
  await db.query(
    `update zendesk_sync.alerts set since = since - ${ago}, told_at = told_at - ${ago}, gone_since = gone_since - ${ago}, ended_at = ended_at - ${ago}`,
  );
  await db.query(`update zendesk.findings set first_found_at = first_found_at - ${ago}`);
  await db.query(`update zendesk_sync.alert_channels set due_at = due_at - ${ago}`);
}

async function listTitles(db: Database): Promise<readonly string[]> {
  const rows = await db.query<{ title: string }>(
    `select content ->> 'title' as title from zendesk_sync.alert_messages order by id`,
  );
  return rows.map(({ title }) => title);
}

function recently(): string {
  return new Date(Date.now() - 60_000).toISOString();
}

async function quarantine(db: Database, name: string): Promise<void> {
  await db.query(
    `insert into zendesk_sync.quarantine (account, stream, code, reason, content, fingerprint, tried_by)
     values ('acme', 'audit_logs', 'record_without_id', 'It has no id.', $1, $1, 'x')`,
    [Buffer.from(name)],
  );
}

describe('a look at what is worth an alert', () => {
  it('tells what an old database has as a number, and then each new finding once', async () => {
    await withAlerts(async (db) => {
      for (let place = 0; place < 30; place += 1)
        await storeFinding(db, {
          finding: `old ${place}`,
          severity: place < 3 ? 'high' : 'medium',
        });
      await storeFinding(db, { finding: 'unimportant', severity: 'low' });
      await lookLater(db);
      await lookLater(db);
      assert.deepEqual(await listTitles(db), ['alerts begin: acme']);
      const [first] = await db.query<{ content: unknown }>(
        'select content from zendesk_sync.alert_messages',
      );
      assert.deepEqual(first?.content, {
        title: 'alerts begin: acme',
        sections: [
          {
            heading: 'Findings that are there already',
            lines: ['acme: 3 high, 27 medium. Run "report findings".'],
          },
        ],
      });
      await storeFinding(db, { finding: 'new', at: recently(), summary: 'private words' });
      await storeFinding(db, { finding: 'low', at: recently(), severity: 'low' });
      await storeFinding(db, { finding: 'gone', at: recently() });
      await db.query(`update zendesk.findings set withdrawn_at = now() where finding = 'gone'`);
      for (let round = 0; round < 3; round += 1) await lookLater(db);
      assert.deepEqual(await listTitles(db), ['alerts begin: acme', '1 new finding: acme']);
      const texts = await db.query<{ text: string }>(
        'select content::text as text from zendesk_sync.alert_messages order by id desc limit 1',
      );
      assert.match(texts[0]?.text ?? '', /high: .*, acme, by Ada, /);
      assert.doesNotMatch(texts[0]?.text ?? '', /private words/);
    });
  });

  it('tells findings about the past as a number when the history is stored', async () => {
    await withAlerts(async (db) => {
      await lookLater(db);
      for (let place = 0; place < 300; place += 1)
        await storeFinding(db, { finding: `past ${place}` });
      await lookLater(db);
      assert.deepEqual(await listTitles(db), []);
      await passMinutes(db, 24 * 60);
      await lookLater(db);
      await lookLater(db);
      assert.deepEqual(await listTitles(db), ['300 new findings: acme']);
      const [message] = await db.query<{ lines: readonly string[] }>(
        `select content -> 'sections' -> 0 -> 'lines' as lines from zendesk_sync.alert_messages`,
      );
      assert.deepEqual(message?.lines, ['acme: 300 high. Run "report findings".']);
    });
  });

  it('tells a finding that was stored late by a long transaction', async () => {
    await withAlerts(async (db) => {
      await lookLater(db);
      await storeFinding(db, { finding: 'first', at: recently() });
      await lookLater(db);
      await storeFinding(db, { finding: 'second', at: recently() });
      // Its transaction began before the last look.
      await db.query(
        `update zendesk.findings set first_found_at = now() - interval '14 minutes' where finding = 'second'`,
      );
      await lookLater(db);
      assert.deepEqual(await listTitles(db), ['1 new finding: acme', '1 new finding: acme']);
    });
  });

  it('is made by one of several processes at a time: nothing is sent twice', async () => {
    await withAlerts(async (db, url) => {
      const other = openDatabase({ url, connections: 4 });
      try {
        for (let round = 0; round < 5; round += 1) {
          await quarantine(db, `record ${round}`);
          await storeFinding(db, { finding: `finding ${round}`, at: recently() });
          await registerAccounts(db, ['acme']);
          await passMinutes(db, 30);
          await Promise.all([db, other, db, other].map((each) => look(each, watch)));
        }
        const titles = await listTitles(db);
        assert.equal(titles.length, 5, titles.join('\n'));
        const rows = await db.query<{ told: number }>(
          'select count(*)::integer as told from zendesk_sync.alerted_findings',
        );
        // The first was there before alerts began.
        assert.deepEqual(rows, [{ told: 4 }]);
      } finally {
        await other.close();
      }
    });
  });

  it('tells problems of streams, and nothing of those that are not pulled', async () => {
    await withAlerts(async (db) => {
      await quarantine(db, 'one');
      await quarantine(db, 'two');
      const message = `insert into zendesk_sync.runs (account, stream, task, holder, started_at, ended_at, outcome, error, error_code)
         values ('acme', $1, 'live', 'me', now(), now(), 'failed', 'Zendesk does not answer.', 'no_answer')`;
      await db.query(message, ['access_logs']);
      await lookLater(db, { ...watch, pulled: new Map([['acme', ['access_logs']]]) });
      assert.deepEqual(await listTitles(db), []);
      await lookLater(db);
      await lookLater(db);
      const [sent] = await db.query<{ lines: readonly string[] }>(
        `select content -> 'sections' -> 0 -> 'lines' as lines from zendesk_sync.alert_messages order by id`,
      );
      assert.deepEqual(sent?.lines, [
        'acme audit_logs: 2 records could not be stored. Run "quarantine list".',
        'acme access_logs fails: Zendesk does not answer.',
      ]);
      await db.query('delete from zendesk_sync.quarantine');
      await db.query(
        `insert into zendesk_sync.runs (account, stream, task, holder, started_at, ended_at, outcome) values ('acme', 'access_logs', 'live', 'me', now(), now(), 'complete')`,
      );
      for (let round = 0; round < 3; round += 1) await lookLater(db);
      assert.deepEqual(await listTitles(db), ['2 problems: acme', '2 solved: acme']);
    });
  });

  it('tells that a scheduled report could not be written, and that it is written again', async () => {
    await withAlerts(async (db) => {
      await db.query(
        `insert into zendesk_sync.scheduled_reports (account, report, schedule, due_at, next_due_at, finished_at, error)
         select account, report, '0 6 * * 1', now(), next, '2026-11-02T06:00:01Z', 'The disk is full.'
         from (values ('acme', 'weekly', now() + interval '7 days'), ('acme', 'left-the-file', now() - interval '7 days'),
           ('globex', 'weekly', now() + interval '7 days')) as r (account, report, next)`,
      );
      await lookLater(db);
      await lookLater(db);
      const [sent] = await db.query<{ lines: readonly string[] }>(
        `select content -> 'sections' -> 0 -> 'lines' as lines from zendesk_sync.alert_messages order by id`,
      );
      assert.deepEqual(sent?.lines, [
        'acme: the scheduled report weekly could not be written at 2026-11-02 06:00 UTC: The disk is full.',
      ]);
      await db.query('update zendesk_sync.scheduled_reports set error = null');
      for (let round = 0; round < 3; round += 1) await lookLater(db);
      assert.deepEqual(await listTitles(db), ['1 problem: acme', '1 solved: acme']);
    });
  });

  it('sends the digest once for its time', async () => {
    await withAlerts(async (db) => {
      await storeFinding(db, { finding: 'one', severity: 'low' });
      await quarantine(db, 'one');
      await lookLater(db);
      const due = new Date();
      const options: Watch = { ...watch, lastDigest: () => due };
      await lookLater(db, options);
      await lookLater(db, options);
      const digests = await db.query<{ content: unknown }>(
        `select content from zendesk_sync.alert_messages where kind = 'digest'`,
      );
      assert.deepEqual(digests, [
        {
          content: {
            title: 'Digest of 7 days: 1 problem: acme',
            sections: [
              {
                heading: 'acme',
                lines: [
                  'acme audit_logs: 1 record could not be stored. Run "quarantine list".',
                  'audit_logs: 0 rows; nothing is stored completely yet; 1 record in quarantine',
                  'access_logs: 0 rows; nothing is stored completely yet',
                  'new findings in 7 days:',
                  'low: Two-factor authentication no longer required, 1 time, 1 not acknowledged',
                ],
              },
            ],
          },
        },
      ]);
    });
  });
});

describe('the delivery of alerts', () => {
  it('is tried again, as one message, tells the log once, and leaves the reason for doctor', async (test) => {
    await withAlerts(async (db) => {
      const receiver = await startReceiver();
      test.after(() => receiver.stop());
      receiver.answerWith((response) => response.writeHead(404).end('no_service kr7'));
      const log = collectLog();
      const webhook = openWebhook(`${receiver.origin}/kr7-secret`, noProxies);
      const signal = new AbortController().signal;
      const told = new Map<string, string>();
      const tryOnce = () => deliver(db, webhook, { log, told, signal });
      await quarantine(db, 'one');
      await lookLater(db);
      await tryOnce();
      // It is not due yet.
      await tryOnce();
      assert.equal(receiver.received.length, 1);
      await passMinutes(db, 60);
      await quarantine(db, 'two');
      await lookLater(db);
      await tryOnce();
      assert.equal(receiver.received.length, 2);
      assert.deepEqual(
        await db.query(
          'select channel, failures, error, succeeded_at from zendesk_sync.alert_channels',
        ),
        [
          {
            channel: 'webhook',
            failures: 2,
            error: 'it answers with status 404',
            succeeded_at: null,
          },
        ],
      );
      receiver.answerWith((response) => response.end('ok'));
      await passMinutes(db, 60);
      await tryOnce();
      await tryOnce();
      assert.equal(receiver.received.length, 3);
      const { text } = JSON.parse(receiver.received[2]?.body ?? '') as { text: string };
      assert.equal(text.match(/^zendesk-log-sync: 1 problem: acme/gm)?.length, 2, text);
      assert.deepEqual(log.lines(), [
        {
          level: 'warn',
          reason: 'it answers with status 404',
          waiting: 1,
          msg: 'ALERT_WEBHOOK_URL takes no alerts; they are sent again later',
        },
        { level: 'info', msg: 'ALERT_WEBHOOK_URL takes alerts again' },
      ]);
      assert.ok(!log.text().includes('kr7'));
    });
  });

  it('is made by one of several processes, and continues after one that died', async (test) => {
    await withAlerts(async (db) => {
      const receiver = await startReceiver();
      test.after(() => receiver.stop());
      const signal = new AbortController().signal;
      const options = () => ({ log: collectLog(), told: new Map<string, string>(), signal });
      const webhooks = [1, 2, 3].map(() => openWebhook(receiver.origin, noProxies));
      await quarantine(db, 'one');
      await lookLater(db);
      await Promise.all(webhooks.map((webhook) => deliver(db, webhook, options())));
      assert.equal(receiver.received.length, 1);
      await quarantine(db, 'two');
      await lookLater(db);
      await db.query(
        `update zendesk_sync.alert_channels set claimed_until = clock_timestamp() + interval '1 minute'`,
      );
      for (const webhook of webhooks) await deliver(db, webhook, options());
      assert.equal(receiver.received.length, 1);
      await db.query(`update zendesk_sync.alert_channels set claimed_until = clock_timestamp()`);
      for (const webhook of webhooks) await deliver(db, webhook, options());
      assert.equal(receiver.received.length, 2);
      // The clock was set back since somebody claimed it.
      await quarantine(db, 'three');
      await lookLater(db);
      await db.query(
        `update zendesk_sync.alert_channels set claimed_until = clock_timestamp() + interval '1 year', due_at = clock_timestamp() + interval '1 year'`,
      );
      for (const webhook of webhooks) await deliver(db, webhook, options());
      assert.equal(receiver.received.length, 3);
    });
  });

  it('brings hostile names as names', async (test) => {
    await withAlerts(async (db) => {
      const receiver = await startReceiver();
      const mail = await startMailServer();
      test.after(() => receiver.stop());
      test.after(() => mail.stop());
      const log = collectLog();
      const options = {
        log,
        told: new Map<string, string>(),
        signal: new AbortController().signal,
      };
      const both: Watch = { ...watch, channels: [{ name: 'webhook' }, { name: 'email' }] };
      await lookLater(db, both);
      const actorName = '<!channel> @here [x](https://evil.example)\r\nBcc: evil@evil.example';
      await storeFinding(db, { finding: 'new', at: recently(), actorName });
      await lookLater(db, both);
      await deliver(db, openWebhook(receiver.origin, noProxies), options);
      const server = { host: '127.0.0.1', port: mail.port, isSecure: false, login: undefined };
      const from = 'log@acme.example';
      const to = ['one@acme.example', 'two@acme.example'];
      await deliver(db, openMail({ server, from, to }, log), options);
      const sent = JSON.parse(receiver.received[0]?.body ?? '') as Record<string, unknown>;
      assert.deepEqual(Object.keys(sent), ['text', 'mrkdwn', 'unfurl_links', 'unfurl_media']);
      assert.match(
        String(sent['text']),
        /by &lt;!channel&gt; @\u200Bhere \[x\]\u200B\(https:\u200B\/\/evil\.example\) Bcc: evil@evil\.example, /,
      );
      const [letter] = mail.received;
      assert.deepEqual(letter?.to, to);
      assert.equal(letter?.from, from);
      const [head = '', ...body] = (letter?.source ?? '').split('\r\n\r\n');
      assert.deepEqual(
        head
          .split(/\r\n(?! )/)
          .map((line) => line.replace(/:.*/s, ''))
          .toSorted(),
        [
          'Auto-Submitted',
          'Content-Transfer-Encoding',
          'Content-Type',
          'Date',
          'From',
          'MIME-Version',
          'Message-ID',
          'Subject',
          'To',
          'X-Auto-Response-Suppress',
        ],
      );
      assert.match(head, /^Subject: \[zendesk-log-sync\] 1 new finding: acme$/m);
      assert.match(
        body.join('').replaceAll('=\r\n', ''),
        /by <!channel> @here \[x\]\(https:\/\/evil\.example\) Bcc: evil@evil\.example, /,
      );
      assert.deepEqual(log.lines(), []);
    });
  });

  it('by mail says why a server takes nothing, and never its words or the password', async (test) => {
    const mail = await startMailServer({ login: { user: 'me', password: 'right' } });
    test.after(() => mail.stop());
    const server = { host: '127.0.0.1', port: mail.port, isSecure: false };
    const send = (login: { user: string; password: string } | undefined, port = mail.port) =>
      openMail(
        { server: { ...server, port, login }, from: 'log@acme.example', to: ['one@acme.example'] },
        collectLog(),
      ).send(
        [{ message: { title: 'x', sections: [] }, madeAt: new Date(0) }],
        new AbortController().signal,
        '1',
      );
    assert.equal(
      await send({ user: 'me', password: 'wr0ng' }),
      'the mail server refuses the login (535)',
    );
    mail.refuseWith(554);
    assert.equal(
      await send({ user: 'me', password: 'right' }),
      'the mail server refuses the message (554)',
    );
    mail.refuseWith(undefined);
    assert.equal(await send({ user: 'me', password: 'right' }), undefined);
    assert.equal(await send({ user: 'me', password: 'right' }), undefined);
    const ids = mail.received.map(({ source }) => /^Message-ID: (.*)$/im.exec(source)?.[1]);
    assert.equal(ids[0], ids[1]);
    assert.equal(mail.received[0]?.user, 'me');
    await mail.stop();
    assert.equal(await send(undefined), 'no connection to the mail server (ECONNREFUSED)');
  });
});
