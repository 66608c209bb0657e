import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeConnection } from '../../src/database/ways.ts';
import { addParameters, readDatabaseUrl } from '../../src/database-url.ts';

describe('a database url', () => {
  it('is parsed as by libpq: hosts, sockets, login and parameters', () => {
    assert.deepEqual(readDatabaseUrl('postgres://me:p%40w@a:1,b,[::1]:3/logs?sslmode=require'), {
      hosts: [
        { host: 'a', port: 1 },
        { host: 'b', port: undefined },
        { host: '::1', port: 3 },
      ],
      user: 'me',
      password: 'p@w',
      database: 'logs',
      parameters: new Map([['sslmode', 'require']]),
    });
    for (const url of [
      'postgresql:///logs?host=/cloudsql/a:b:c',
      'postgres://%2Fcloudsql%2Fa%3Ab%3Ac/logs',
    ])
      assert.partialDeepStrictEqual(readDatabaseUrl(url), {
        hosts: [{ host: '/cloudsql/a:b:c', port: undefined }],
        database: 'logs',
      });
    assert.partialDeepStrictEqual(readDatabaseUrl('postgres:///?host=a,b&port=1,2&user=me'), {
      hosts: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
      user: 'me',
      database: undefined,
    });
  });

  it('may have a password with any characters', () => {
    for (const password of [
      'p@ss',
      'p/w',
      'p?w=1',
      'p#w',
      'p:w',
      '100%',
      '1?x',
      'p&w',
      'a b',
      '\'"\\',
    ])
      assert.partialDeepStrictEqual(
        readDatabaseUrl(`postgres://me:${password}@db:5432/logs?sslmode=require`),
        { user: 'me', password, database: 'logs', hosts: [{ host: 'db', port: 5432 }] },
        password,
      );
  });

  it('is refused with what is wrong with it', () => {
    assert.deepEqual(
      [
        'mysql://db/logs',
        'postgres://db:0/logs',
        'postgres://db/logs?sslmod=require',
        'postgres://db/logs?sslmode=requrie',
        'postgres://db/logs?target_session_attrs=master',
        'postgres://db/logs?sslmode=require&sslrootcert=system',
      ].map((url) => {
        const problem = readDatabaseUrl(url);
        return typeof problem === 'string' ? problem.split(/[;,] (?!which)|\. Use/)[0] : 'none';
      }),
      [
        'Use postgres://user:password@host:5432/database',
        'Use postgres://user:password@host:5432/database',
        'It has a parameter "sslmod", which is not known',
        'Its sslmode is "requrie"',
        'Its target_session_attrs is "master"',
        'It has sslrootcert=system with sslmode=require',
      ],
    );
  });

  it('accepts additional parameters', () => {
    const more = new Map([
      ['sslmode', 'require'],
      ['sslrootcert', '/a b.pem'],
    ]);
    assert.equal(
      addParameters('postgres://db/logs', more),
      'postgres://db/logs?sslmode=require&sslrootcert=%2Fa%20b.pem',
    );
    assert.equal(
      addParameters('postgres://db/logs?sslmode=disable', more),
      'postgres://db/logs?sslmode=disable&sslrootcert=%2Fa%20b.pem',
    );
  });

  it('may name the connections; otherwise the program names them', () => {
    const nameOf = (url: string) => describeConnection(url, 'test').config.application_name;
    assert.equal(nameOf('postgres://db/logs'), 'zendesk-log-sync test');
    assert.equal(nameOf('postgres://db/logs?application_name=replica%201'), 'replica 1');
  });
});
