import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Alert, FindingGroup, News } from '../../src/alerts/decision.ts';
import { describeNews, type Message } from '../../src/alerts/message.ts';
import { writePlain, writeSlack, writeSubject } from '../../src/alerts/texts.ts';

const madeAt = new Date('2026-11-19T15:00:30Z');

const group: FindingGroup = {
  account: 'acme',
  severity: 'high',
  title: 'Account owner changed',
  findings: 1,
  names: ['Jane Doe'],
  people: 1,
  first_at: new Date('2026-11-19T14:03:11Z'),
  last_at: new Date('2026-11-19T14:03:11Z'),
};

const alert: Alert = {
  account: 'acme',
  subject: 'access_logs',
  kind: 'fails',
  sentence: 'acme access_logs fails: Zendesk refuses the credentials.',
  amount: 1,
  since: new Date('2026-11-19T14:30:00Z'),
  toldAt: new Date('2026-11-19T14:30:30Z'),
  toldAmount: 1,
  goneSince: new Date('2026-11-19T14:59:00Z'),
  endedAt: null,
  times: 1,
};

const none: News = { raised: [], ended: [], findings: [], past: [], introduced: [] };

function withName(name: string): Message {
  return describeNews({ ...none, findings: [{ ...group, names: [name] }] }, madeAt);
}

function slackLineOf(name: string): string {
  return (
    writeSlack([{ message: withName(name), madeAt }])
      .split('\n')
      .at(-1) ?? ''
  );
}

describe('a message', () => {
  it('says who, what and when, and how to look further', () => {
    const message = describeNews(
      {
        raised: [
          { ...alert, toldAt: null, times: 0 },
          { ...alert, subject: 'users', toldAt: null },
        ],
        ended: [alert],
        findings: [
          group,
          {
            ...group,
            severity: 'medium',
            findings: 1204,
            names: ['Al', 'Bo', 'Cy'],
            people: 5,
            last_at: new Date('2026-11-19T14:59:59Z'),
          },
          { ...group, names: [], people: 0 },
        ],
        past: [{ account: 'beta', counts: [['high', 2]], since: madeAt, isComplete: true }],
        introduced: [
          {
            account: 'beta',
            counts: [
              ['high', 10_000],
              ['low', 3],
            ],
          },
        ],
      },
      madeAt,
    );
    assert.equal(
      writePlain([{ message, madeAt }]),
      `zendesk-log-sync: 2 problems, 1 solved, 1,208 new findings, alerts begin: 2 accounts (2026-11-19 15:00 UTC)

Problems
- acme access_logs fails: Zendesk refuses the credentials.
- acme access_logs fails: Zendesk refuses the credentials. (It comes and goes.)

Solved
- acme access_logs works again. It lasted 29 min, since 2026-11-19 14:30 UTC.

New findings
- high: Account owner changed, acme, by Jane Doe, 2026-11-19 14:03 UTC
- medium: Account owner changed (1,204 times), acme, by Al, Bo, Cy, 2 more, 2026-11-19 14:03 UTC to 2026-11-19 14:59 UTC
- high: Account owner changed, acme, by nobody known, 2026-11-19 14:03 UTC

New findings about the past
- beta: 2 high. Run "report findings".

Findings that are there already
- beta: 10,000 high, 3 low. Run "report findings".`,
    );
    assert.equal(
      writeSubject([{ message, madeAt }]),
      '[zendesk-log-sync] 2 problems, 1 solved, 1,208 new findings, alerts begin: 2 accounts',
    );
  });

  it('has no more than twenty lines of a kind', () => {
    const message = describeNews(
      { ...none, findings: Array.from({ length: 50 }, () => group) },
      madeAt,
    );
    assert.equal(message.title, '50 new findings: acme');
    assert.equal(message.sections[0]?.lines.length, 21);
    assert.equal(message.sections[0]?.lines.at(-1), 'and 30 more');
  });

  it('that waited goes with those before it, and says when each was made', () => {
    const later = new Date('2026-11-19T16:00:00Z');
    const both = [
      { message: withName('Al'), madeAt },
      { message: withName('Bo'), madeAt: later },
    ];
    assert.equal(writeSubject(both), '[zendesk-log-sync] 1 new finding: acme (and 1 before)');
    assert.deepEqual(
      writePlain(both)
        .split('\n')
        .filter((line) => line.startsWith('zendesk-log-sync')),
      [
        'zendesk-log-sync: 1 new finding: acme (2026-11-19 15:00 UTC)',
        'zendesk-log-sync: 1 new finding: acme (2026-11-19 16:00 UTC)',
      ],
    );
  });
});

describe('a name from outside', () => {
  it('mentions nobody in Slack or Mattermost, and makes no link and no format', () => {
    const gap = '\u200B';
    for (const [name, shown] of [
      ['<!channel>', '&lt;!channel&gt;'],
      [
        '<@U123> & <https://evil.example|click>',
        `&lt;@${gap}U123&gt; &amp; &lt;https:${gap}//evil.example|click&gt;`,
      ],
      ['@channel @all', `@${gap}channel @${gap}all`],
      ['jane@acme.example', 'jane@acme.example'],
      ['[click](https://evil.example)', `[click]${gap}(https:${gap}//evil.example)`],
    ])
      assert.equal(
        slackLineOf(name ?? ''),
        `- high: Account owner changed, acme, by ${shown}, 2026-11-19 14:03 UTC`,
      );
  });

  it('adds no line and no header, and shows nothing that cannot be seen', () => {
    const name = 'A\r\nBcc: b@acme.example\u2028C\u0000D\u202Egnp.exe\uD800';
    const plain = writePlain([{ message: withName(name), madeAt }]);
    assert.equal(plain.split('\n').length, 4);
    assert.ok(
      plain.endsWith('by A Bcc: b@acme.example C Dgnp.exe\uFFFD, 2026-11-19 14:03 UTC'),
      plain,
    );
    const subject = writeSubject([{ message: { title: name, sections: [] }, madeAt }]);
    assert.equal(subject, '[zendesk-log-sync] A Bcc: b@acme.example C Dgnp.exe\uFFFD');
  });

  it('is cut when it is long', () => {
    const plain = writePlain([{ message: withName('x'.repeat(100_000)), madeAt }]);
    assert.equal(
      plain.length,
      'zendesk-log-sync: 1 new finding: acme (2026-11-19 15:00 UTC)\n\nNew findings\n- '.length +
        501,
    );
    const many = Array.from({ length: 20 }, () => ({
      message: describeNews(
        {
          ...none,
          findings: Array.from({ length: 20 }, () => ({ ...group, title: 'x'.repeat(1000) })),
        },
        madeAt,
      ),
      madeAt,
    }));
    assert.equal(writeSlack(many).length, 20_002);
  });
});
