import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ok, problem, warning, type Check } from '../../src/doctor/check.ts';
import { checkConnections } from '../../src/doctor/connection-limits.ts';
import {
  checkDisk,
  checkEncoding,
  checkServer,
  checkTimeZone,
  explainConnection,
} from '../../src/doctor/database.ts';
import { hasCode } from '../../src/errors.ts';
import { translateError } from '../../src/database/connection-errors.ts';
import type { ServerFacts } from '../../src/doctor/diagnosis.ts';

const facts: ServerFacts = {
  version: '18.1 (Debian 18.1-1.pgdg12+1)',
  number: 180_001,
  encoding: 'UTF8',
  time_zone: 'UTC',
  is_utc: true,
  overridden: [],
  database: 'zendesk',
  user_name: 'zls',
  database_bytes: 4_200_000_000,
  is_standby: false,
  is_read_only: false,
  now_ms: 0,
  data_directory: null,
};
const found = 'PostgreSQL 18.1, database zendesk, user zls';

describe('the check of the server', () => {
  const table: [string, Partial<ServerFacts>, Check][] = [
    ['is content with Postgres 18', {}, ok('database', found)],
    [
      'refuses what is older than 15',
      { version: '14.9', number: 140_009 },
      problem(
        'database',
        'PostgreSQL 14.9, database zendesk, user zls',
        'Use Postgres 15 to 18: point DATABASE_URL to a newer server.',
      ),
    ],
    [
      'warns of what nobody has tried',
      { version: '19beta1', number: 190_000 },
      warning(
        'database',
        'PostgreSQL 19beta1, database zendesk, user zls',
        'This version is tested with Postgres 15 to 18; check for a newer one.',
      ),
    ],
    [
      'refuses a standby',
      { is_standby: true },
      problem(
        'database',
        `${found}; it is a standby, which accepts no writes`,
        'Point DATABASE_URL to the primary.',
      ),
    ],
    [
      'refuses a user who is set to read only',
      { is_read_only: true, user_name: 'Log Puller' },
      problem(
        'database',
        'PostgreSQL 18.1, database zendesk, user Log Puller; transactions are read-only there (default_transaction_read_only)',
        'Switch it off for this user:\nalter role "Log Puller" set default_transaction_read_only = off;',
      ),
    ],
  ];
  for (const [title, change, check] of table)
    it(title, () => assert.deepEqual(checkServer({ ...facts, ...change }, ''), check));

  it('names the directory of an embedded server', () => {
    assert.equal(checkServer(facts, ', embedded in ./data').found, `${found}, embedded in ./data`);
  });
});

describe('the check of the settings of the database', () => {
  it('requires UTF8', () => {
    assert.deepEqual(checkEncoding(facts), ok('encoding', 'UTF8'));
    assert.deepEqual(
      checkEncoding({ ...facts, encoding: 'LATIN1' }),
      problem(
        'encoding',
        'LATIN1, which cannot store every record',
        'Create a database with the encoding UTF8 and point DATABASE_URL to it.',
      ),
    );
  });

  it('warns about a time zone that ever differs from UTC', () => {
    assert.deepEqual(checkTimeZone(facts), ok('time zone', 'UTC'));
    assert.deepEqual(
      checkTimeZone({ ...facts, time_zone: 'Europe/London', is_utc: false }),
      warning(
        'time zone',
        'Europe/London: times are stored exactly, but queries use that zone for times and days, while the daily tables use days in UTC',
        "If you do not want that:\nalter database zendesk set timezone = 'UTC';",
      ),
    );
  });

  it('names settings that are overridden here', () => {
    assert.deepEqual(
      checkTimeZone({ ...facts, overridden: ['DateStyle', 'TimeZone'] }),
      ok(
        'time zone',
        'UTC; this program uses its own values of DateStyle, which differ from these',
      ),
    );
  });

  it('warns when the user, the database or the server allows too few connections', () => {
    const plenty = { role: -1, database: -1, server: 97, others: 10 };
    const judge = (limits: Partial<typeof plenty>): string | undefined =>
      checkConnections({ ...plenty, ...limits }, facts)[0]?.found.split(';')[0];
    assert.equal(judge({}), undefined);
    assert.equal(judge({ role: 5 }), `the user ${facts.user_name} can have 5`);
    assert.equal(judge({ database: 14 }), `the database ${facts.database} can have 14`);
    assert.equal(judge({ others: 90 }), 'the server has 97, and other programs use 90 of them');
  });

  it('warns about a nearly full disk, if it is visible', () => {
    assert.deepEqual(
      checkDisk(facts, undefined),
      ok('disk', 'the database uses 4.2 GB; the free space cannot be seen from here'),
    );
    assert.deepEqual(
      checkDisk(facts, 2_000_000_000),
      ok('disk', 'the database uses 4.2 GB; 2.0 GB are free'),
    );
    assert.deepEqual(
      checkDisk(facts, 900_000_000),
      warning(
        'disk',
        'the database uses 4.2 GB; 900 MB are free',
        'Free some space: when the disk is full, nothing more is stored.',
      ),
    );
  });
});

describe('the reason why there is no connection', () => {
  const driverError = (message: string, code?: string): unknown =>
    translateError(Object.assign(new Error(message), code === undefined ? {} : { code }));
  const table: [string, unknown, Check][] = [
    [
      'nobody listens',
      driverError('connect ECONNREFUSED', 'ECONNREFUSED'),
      problem(
        'database',
        'Postgres cannot be reached (ECONNREFUSED)',
        'Check that it is running and that DATABASE_URL points to it.',
      ),
    ],
    [
      'there is no way there',
      driverError('connect EADDRNOTAVAIL', 'EADDRNOTAVAIL'),
      problem(
        'database',
        'The connection to Postgres was lost (EADDRNOTAVAIL).',
        'Check that Postgres is running and that DATABASE_URL points to it.',
      ),
    ],
    [
      'the password is wrong',
      driverError('password authentication failed for user "zls"', '28P01'),
      problem(
        'database',
        'Postgres refused: password authentication failed for user "zls" (SQLSTATE 28P01).',
        'Correct the password in DATABASE_URL.',
      ),
    ],
    [
      'there is no such database',
      driverError('database "nope" does not exist', '3D000'),
      problem(
        'database',
        'Postgres refused: database "nope" does not exist (SQLSTATE 3D000).',
        'Create it (create database … encoding UTF8), or correct DATABASE_URL.',
      ),
    ],
    [
      'the password is missing',
      driverError('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
      problem('database', 'the server asks for a password, and DATABASE_URL has none', 'Add it.'),
    ],
  ];
  for (const [title, error, check] of table)
    it(`is given when ${title}`, () => assert.deepEqual(explainConnection(error), check));

  it('is not a fault of this program', () => {
    const fault = new TypeError('x is not a function');
    assert.throws(() => explainConnection(fault), fault);
    assert.ok(hasCode(driverError('x', 'EHOSTUNREACH'), 'database_unreachable'));
  });
});
