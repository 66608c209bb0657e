import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkBudget, checkClock } from '../../src/doctor/budget.ts';
import { ok, skipped, warning } from '../../src/doctor/check.ts';
import { streams } from '../../src/streams/registry.ts';

describe('the check of the clock', () => {
  const ntp =
    'Use NTP on this machine and on the database server. Until then, nothing newer than the slowest of the three clocks counts as covered, and leases and budgets use the clock of the database.';
  const table: [string, number | undefined, number | undefined, ReturnType<typeof ok>][] = [
    [
      'accepts a difference of five seconds',
      5000,
      -5000,
      ok('clock', "agrees with Zendesk's and the database's"),
    ],
    [
      'compares with the only other clock that is known',
      0,
      undefined,
      ok('clock', "agrees with Zendesk's"),
    ],
    [
      'says how far behind the clock is',
      120_400,
      300,
      warning('clock', "120 seconds behind Zendesk's", ntp),
    ],
    [
      'says how far off both other clocks are',
      -5001,
      -61_000,
      warning('clock', "5 seconds ahead of Zendesk's; 61 seconds ahead of the database's", ntp),
    ],
    [
      'is skipped where no clock is known',
      undefined,
      undefined,
      skipped('clock', 'there is no other clock to compare with'),
    ],
  ];
  for (const [title, zendeskMs, databaseMs, check] of table)
    it(title, () => assert.deepEqual(checkClock(zendeskMs, databaseMs), check));
});

describe('the check of the budget', () => {
  const local = (
    support: number,
    accessLogs: number,
    names: readonly string[] = ['audit_logs', 'access_logs', 'users'],
  ) => ({
    budgets: { support, access_logs: accessLogs },
    shares: {},
    streams: streams.filter(({ name }) => names.includes(name)),
  });

  it('shows the share of the account and that of the access log', () => {
    assert.deepEqual(
      checkBudget(local(100, 50), 700),
      ok('budget', "14% of the account's 700 requests a minute; access log 50 of 50"),
    );
    assert.deepEqual(
      checkBudget(local(100, 20), 200),
      ok('budget', "50% of the account's 200 requests a minute; access log 20 of 50"),
    );
  });

  it('says how much a share may become', () => {
    assert.deepEqual(
      checkBudget({ ...local(100, 50), shares: { support: 0.3 } }, 700),
      ok('budget', "up to 210 of the account's 700 a minute; access log 50 of 50"),
    );
  });

  it('leaves out what is not pulled, and says when the limit is not known', () => {
    assert.deepEqual(
      checkBudget(local(100, 50, ['access_logs']), undefined),
      ok('budget', 'access log 50 of 50'),
    );
    assert.deepEqual(
      checkBudget(local(30, 90, ['users']), undefined),
      ok('budget', '30 requests a minute; Zendesk did not say what the limit of the account is'),
    );
  });

  it('warns of more than half of the account, and of more than Zendesk grants', () => {
    assert.deepEqual(
      checkBudget(local(150, 60), 200),
      warning(
        'budget',
        "75% of the account's 200 requests a minute; access log 60 of 50",
        'Set SUPPORT_REQUESTS_PER_MINUTE to 100 or less: all integrations of the account share that limit. ' +
          'Set ACCESS_LOGS_REQUESTS_PER_MINUTE to 50: above that, Zendesk answers 429, which stops the access log for a minute.',
      ),
    );
  });
});
