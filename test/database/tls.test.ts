import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openDatabase } from '../../src/database/client.ts';
import { KnownError } from '../../src/errors.ts';
import { createAuthority } from '../support/certificates.ts';
import { findFreePort } from '../support/free-port.ts';
import { runProgram, temporary } from '../support/program.ts';
import { waitUntil } from '../support/pulled-account.ts';
import { returnToMachineClock } from '../support/run-clock.ts';
import { startTlsServer, type TlsServer } from '../support/tls-server.ts';

// Its server has it.
returnToMachineClock();

const docs = 'see docs/postgres.md';
const authority = createAuthority('kr7 authority');
const client = authority.issue('kr7');

function keep(name: string, text: string): string {
  const path = join(temporary, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const root = keep('root.pem', authority.cert);
const foreign = keep('foreign.pem', createAuthority('another').cert);
const ownCert = keep('client.pem', client.cert);
const ownKey = keep('client.key', client.key);

describe('a connection to Postgres', () => {
  let server: TlsServer;
  let other: TlsServer;
  before(async () => {
    [server, other] = await Promise.all([startTlsServer(authority), startTlsServer(authority)]);
  });
  after(() => Promise.all([server.stop(), other.stop()]));

  const all = 'host all kr7,kr7_limited 127.0.0.1/32 trust';
  const at = (rest: string): string => `postgres://kr7@${rest}`;
  const local = (parameters: string, host = 'localhost'): string =>
    at(`${host}:${server.port}/postgres?${parameters}`);

  /** The result of a connection with that url: with TLS or without, or the error. */
  async function tryUrl(
    url: string,
    text = 'select ssl, client_dn is not null as named from pg_stat_ssl where pid = pg_backend_pid()',
  ): Promise<unknown> {
    try {
      const db = openDatabase({ url, patienceMs: 0, connections: 1 });
      try {
        const [row] = await db.query<Record<string, unknown>>(text);
        return Object.values(row ?? {});
      } finally {
        await db.close();
      }
    } catch (error) {
      return error instanceof KnownError ? `${error.code}: ${error.message}` : error;
    }
  }

  it('uses TLS as sslmode says, with the meaning of libpq', async () => {
    await server.allow(all);
    const secured = [true, false];
    assert.deepEqual(
      {
        usual: await tryUrl(local('')),
        disable: await tryUrl(local('sslmode=disable')),
        allow: await tryUrl(local('sslmode=allow')),
        prefer: await tryUrl(local('sslmode=prefer')),
        require: await tryUrl(local('sslmode=require')),
        requireRoot: await tryUrl(local(`sslmode=require&sslrootcert=${root}`, '127.0.0.1')),
        verifyCa: await tryUrl(local(`sslmode=verify-ca&sslrootcert=${root}`, '127.0.0.1')),
        verifyFull: await tryUrl(local(`sslmode=verify-full&sslrootcert=${root}`)),
        direct: await tryUrl(local('sslmode=require&ssl_min_protocol_version=TLSv1.3')),
      },
      {
        usual: secured,
        disable: [false, false],
        allow: [false, false],
        prefer: secured,
        require: secured,
        requireRoot: secured,
        verifyCa: secured,
        verifyFull: secured,
        direct: secured,
      },
    );
  });

  it('is refused if the certificate does not meet the requirements of sslmode', async () => {
    await server.allow(all);
    assert.deepEqual(
      [
        await tryUrl(local('sslmode=verify-full')),
        await tryUrl(local(`sslmode=verify-full&sslrootcert=${root}`, '127.0.0.1')),
        await tryUrl(local(`sslmode=require&sslrootcert=${foreign}`)),
        await tryUrl(local('sslrootcert=system')),
      ],
      [
        `database_untrusted: The certificate of the Postgres server is not trusted (SELF_SIGNED_CERT_IN_CHAIN); put the certificate of its issuer into DATABASE_URL: sslrootcert=/path/to/ca.pem, or trust it with NODE_EXTRA_CA_CERTS; ${docs}.`,
        `database_untrusted: The certificate of the Postgres server is for a different name than the one in DATABASE_URL (ERR_TLS_CERT_ALTNAME_INVALID); use the name in the certificate, or sslmode=verify-ca with the issuer in sslrootcert; ${docs}.`,
        `database_untrusted: The certificate of the Postgres server is not trusted (SELF_SIGNED_CERT_IN_CHAIN); sslrootcert names a different issuer: use the one that signed the certificate; ${docs}.`,
        `database_untrusted: The certificate of the Postgres server is not trusted (SELF_SIGNED_CERT_IN_CHAIN); sslrootcert names a different issuer: use the one that signed the certificate; ${docs}.`,
      ],
    );
  });

  it('says what to do if the server requires TLS, as managed ones do, or does not support it', async () => {
    await server.allow('hostssl all kr7 127.0.0.1/32 trust', 'host all kr7 127.0.0.1/32 reject');
    assert.equal(
      await tryUrl(local('sslmode=disable')),
      'database_requires_tls: Postgres does not accept connections from this machine without TLS: pg_hba.conf rejects connection for host "127.0.0.1", user "kr7", database "postgres", no encryption (SQLSTATE 28000); set sslmode=require, or better verify-full, in DATABASE_URL.',
    );
    assert.deepEqual(
      [await tryUrl(local('')), await tryUrl(local('sslmode=allow'))],
      [
        [true, false],
        [true, false],
      ],
    );
    await server.allow('hostnossl all kr7 127.0.0.1/32 trust', 'host all kr7 127.0.0.1/32 reject');
    assert.deepEqual(await tryUrl(local('')), [false, false]);
    assert.equal(
      await tryUrl(local('sslmode=require')),
      'user_refused: Postgres refused: pg_hba.conf rejects connection for host "127.0.0.1", user "kr7", database "postgres", SSL encryption (SQLSTATE 28000); check user and database, and allow the address of this machine in pg_hba.conf or in the firewall of the managed database.',
    );
    const plain = new URL(process.env['TEST_DATABASE_URL'] ?? '');
    plain.search = '?sslmode=require';
    assert.equal(
      await tryUrl(plain.href),
      'database_without_tls: The server does not support TLS, but sslmode=require (DATABASE_URL or PGSSLMODE) requires it; switch TLS on at the server, or set sslmode=prefer in DATABASE_URL.',
    );
  });

  it('sends its own certificate if the server requires one', async () => {
    await server.allow('hostssl all kr7 127.0.0.1/32 cert');
    assert.equal(
      await tryUrl(local('sslmode=require')),
      'user_refused: Postgres refused: connection requires a valid client certificate (SQLSTATE 28000); add one to DATABASE_URL with sslcert and sslkey.',
    );
    assert.deepEqual(await tryUrl(local(`sslmode=require&sslcert=${ownCert}&sslkey=${ownKey}`)), [
      true,
      true,
    ]);
  });

  it('needs the files that it names', async () => {
    assert.deepEqual(
      [
        await tryUrl(local('sslmode=verify-full&sslrootcert=/nowhere/ca.pem')),
        await tryUrl(local(`sslmode=require&sslcert=${ownCert}&sslkey=${root}`)),
      ],
      [
        'database_url_unusable: sslrootcert in DATABASE_URL is "/nowhere/ca.pem", which cannot be read (ENOENT); check the path and its permissions.',
        'database_url_unusable: The TLS files and versions in DATABASE_URL do not work together (ERR_OSSL_UNSUPPORTED); check that sslrootcert and sslcert are PEM certificates, that sslkey is the key of sslcert, and that sslpassword is its password.',
      ],
    );
  });

  it('accepts a password with any characters, written directly or with escapes', async () => {
    const password = `p@:/?#[]& %'"100%\\é%41`;
    await server.query(
      `do $$ begin create role "kr7 user" login; end $$; alter role "kr7 user" password '${password.replaceAll("'", "''")}'`,
    );
    await server.allow('host all "kr7 user" 127.0.0.1/32 scram-sha-256', all);
    const who = 'select current_user as name';
    const escaped = `postgres://kr7%20user:${encodeURIComponent(password)}@localhost:${server.port}/postgres`;
    assert.deepEqual(await tryUrl(escaped, who), ['kr7 user']);
    // What looks like an escape is one.
    const written = password.replace('%41', 'A');
    await server.query(`alter role "kr7 user" password '${written.replaceAll("'", "''")}'`);
    const raw = `postgres://kr7 user:${password}@localhost:${server.port}/postgres?sslmode=require`;
    assert.deepEqual(await tryUrl(raw, who), ['kr7 user']);
  });

  it('uses the directory of a socket, never with TLS', async () => {
    await server.allow(all);
    const bridge = createServer((socket) => {
      const through = connect(server.port, '127.0.0.1');
      through.pipe(socket).pipe(through);
      socket.on('error', () => through.destroy());
      through.on('error', () => socket.destroy());
    });
    await once(bridge.listen(join(temporary, '.s.PGSQL.5432')), 'listening');
    try {
      for (const url of [
        at(`/postgres?host=${temporary}&sslmode=require`),
        at(`${encodeURIComponent(temporary)}/postgres`),
      ])
        assert.deepEqual(await tryUrl(url), [false, false], url);
    } finally {
      bridge.close();
    }
    assert.equal(
      await tryUrl(at(`/postgres?host=/cloudsql/acme:eu:logs`)),
      'database_unreachable: There is no socket /cloudsql/acme:eu:logs/.s.PGSQL.5432 (ENOENT). Check host and port in DATABASE_URL, and that the server, or the proxy that creates the socket, is running.',
    );
  });

  it('finds among several servers one that answers and fits target_session_attrs', async () => {
    await server.allow(all);
    await other.allow(all);
    await other.query('alter system set default_transaction_read_only = on');
    await other.reload();
    const nobody = await findFreePort();
    const hosts = `localhost:${nobody},localhost:${other.port},localhost:${server.port}`;
    const port = `select current_setting('port')::int as port`;
    const find = (parameters: string): Promise<unknown> =>
      tryUrl(at(`${hosts}/postgres?${parameters}`), port);
    assert.deepEqual(
      {
        any: await find(''),
        writing: await find('target_session_attrs=read-write'),
        reading: await find('target_session_attrs=read-only'),
        primary: await find('target_session_attrs=primary'),
        preferred: await find('target_session_attrs=prefer-standby&sslmode=disable'),
      },
      {
        any: [other.port],
        writing: [server.port],
        reading: [other.port],
        primary: [other.port],
        preferred: [other.port],
      },
    );
    assert.equal(
      await find('target_session_attrs=standby'),
      'database_unreachable: None of the servers in DATABASE_URL matches target_session_attrs=standby. Wait for the failover to end, or check the list of hosts.',
    );
  });

  it('leaves a server that no longer accepts rows', async () => {
    const db = openDatabase({
      url: at(
        `localhost:${server.port},localhost:${other.port}/postgres?target_session_attrs=read-write`,
      ),
      patienceMs: 0,
      connections: 1,
    });
    const turn = async (writing: TlsServer, reading: TlsServer): Promise<void> => {
      await reading.query('alter system set default_transaction_read_only = on');
      await reading.reload();
      await writing.query('alter system reset default_transaction_read_only');
      await writing.reload();
    };
    const write = 'create temporary table written as select current_setting($$port$$)::int as port';
    try {
      await turn(server, other);
      await db.query(write);
      await turn(other, server);
      // Until the server has read its settings, it still accepts rows.
      const refusals: unknown[] = [];
      await waitUntil(async () => {
        await db
          .query('create table kr7 (); drop table kr7')
          .catch((error: unknown) => refusals.push(error));
        return refusals.length > 0;
      });
      assert.equal((refusals[0] as KnownError).code, 'database_read_only');
      assert.deepEqual(await db.query(`select current_setting('port')::int as port`), [
        { port: other.port },
      ]);
    } finally {
      await db.close();
    }
  });

  it('that the server has no room for is reported with the words of Postgres', async () => {
    await server.query('alter system reset default_transaction_read_only');
    await server.reload();
    await server.query('create role kr7_limited login connection limit 0');
    await server.allow(all);
    assert.equal(
      await tryUrl(`postgres://kr7_limited@localhost:${server.port}/postgres`),
      'connections_used_up: Postgres has no free connection: too many connections for role "kr7_limited" (SQLSTATE 53300); raise max_connections of the server, or the connection limit of the role or the database, or close unused connections.',
    );
  });

  it('uses the variables of Postgres for what DATABASE_URL does not say, without a warning of the driver', async () => {
    await server.allow(all);
    const DATABASE_URL = at(`localhost:${server.port}/postgres`);
    const strict = await runProgram(['status'], { DATABASE_URL, PGSSLMODE: 'verify-full' });
    assert.deepEqual(
      [strict.status, strict.stderr],
      [
        1,
        `The certificate of the Postgres server is not trusted (SELF_SIGNED_CERT_IN_CHAIN); put the certificate of its issuer into DATABASE_URL: sslrootcert=/path/to/ca.pem, or trust it with NODE_EXTRA_CA_CERTS; ${docs}.\n`,
      ],
    );
    const trusted = await runProgram(['migrate'], {
      DATABASE_URL: `${DATABASE_URL}?sslmode=verify-full`,
      PGSSLMODE: 'disable',
      PGSSLROOTCERT: root,
    });
    assert.deepEqual([trusted.status, trusted.stderr], [0, '']);
    const absent = await runProgram(['status'], {
      DATABASE_URL: `${DATABASE_URL}?sslmode=require&sslrootcert=/nowhere.pem`,
    });
    assert.deepEqual(
      [absent.status, absent.stderr],
      [
        2,
        'sslrootcert in DATABASE_URL is "/nowhere.pem", which cannot be read (ENOENT); check the path and its permissions.\n',
      ],
    );
    const misspelled = await runProgram(['status'], {
      DATABASE_URL: `${DATABASE_URL}?sslmode=requrie`,
    });
    assert.equal(misspelled.status, 2);
    assert.match(
      misspelled.stderr,
      /^DATABASE_URL is set to \d+ characters that are not shown here\. Its sslmode is "requrie"\. Use disable, allow, prefer, require, verify-ca, verify-full or no-verify\.\n$/,
    );
  });
});
