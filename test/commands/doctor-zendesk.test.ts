import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { TestDatabase } from '../support/database.ts';
import {
  backfills,
  examine,
  expectPage,
  pullAccount,
  skipAll,
  streams,
  unfold,
  withSimulator,
  type Changes,
} from '../support/doctor-page.ts';
import { runProgram, settingsFor } from '../support/program.ts';
import { cert, key } from '../support/self-signed.ts';

const theSwitch = 'Admin Center > Account > Logs > Access log > "Turn on the Access Log API"';
const clients = 'Admin Center > Apps and integrations > APIs > OAuth clients';

// Nothing here depends on the version of Postgres: once is enough.
const options = { skip: process.env['TEST_POSTGRES_BINARIES'] !== undefined };

const limitUnknown =
  'ok 100 requests a minute; Zendesk did not say what the limit of the account is; access log 50 of 50';

describe('doctor', options, () => {
  let pulled: TestDatabase;
  before(async () => {
    pulled = await pullAccount();
  });
  after(() => pulled.drop());

  describe('asks Zendesk about the credentials, and', { concurrency: 2 }, () => {
    const noLogin = skipAll('there is no login', streams);
    const noAnswer = skipAll('the log could not be read', backfills);

    it('reports a wrong token', async () => {
      const ready = {
        ZENDESK_CLIENT_ID: '',
        ZENDESK_CLIENT_SECRET: '',
        ZENDESK_OAUTH_TOKEN: 'kr7-wrong',
      };
      const mainWay = `Create a confidential OAuth client (${clients}) and set ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET instead.`;
      await examine({ databaseUrl: pulled.url, settings: ready }, 1, {
        Credentials: `warning an access token (ZENDESK_OAUTH_TOKEN), which cannot be renewed and whose expiry date is unknown\n-> ${mainWay}`,
        'Access token':
          'problem Zendesk refuses ZENDESK_OAUTH_TOKEN (401): it is wrong, expired or revoked. Zendesk said: "invalid_token: The access token provided is expired, revoked, malformed or invalid for other reasons.".\n' +
          '-> Create a new one, or set ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET so that tokens are renewed automatically.',
        ...noLogin,
        ...noAnswer,
      });
    });

    it('reports a wrong client secret', async () => {
      await examine(
        { databaseUrl: pulled.url, settings: { ZENDESK_CLIENT_SECRET: 'kr7-wrong' } },
        1,
        {
          'Access token':
            'problem Zendesk refuses the OAuth client (401). Zendesk said: "invalid_client: Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.".\n' +
            `-> Check ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET, and that the client is confidential (${clients}).`,
          Budget: limitUnknown,
          ...noLogin,
          ...noAnswer,
        },
      );
    });

    it('reports a scope that is narrower than requested', async () => {
      await examine({ databaseUrl: pulled.url, simulator: { grantedScope: 'users:read' } }, 1, {
        'Access token':
          'problem Zendesk granted the scope users:read instead of read, so read is missing.\n' +
          `-> Allow it for the OAuth client (${clients}) or change ZENDESK_OAUTH_SCOPE.`,
        Budget: limitUnknown,
        ...noLogin,
        ...noAnswer,
      });
    });
  });

  describe('asks Zendesk about the streams, and', { concurrency: 2 }, () => {
    it('reports a missing scope, a plan that is not Enterprise and a missing role', async () => {
      const faults = [
        { kind: '403-plan', stream: 'audit_logs' },
        { kind: '403-role', stream: 'access_logs' },
        { kind: '403-scope', stream: 'users' },
      ] as const;
      await examine({ databaseUrl: pulled.url, faults }, 1, {
        'Audit log':
          'problem not available (403): it needs the plan Zendesk Suite Enterprise or Support Enterprise (or a higher one) and the role admin. ' +
          'Zendesk said: "Forbidden: You do not have access to this page. Please contact the account owner of this help desk for further help.".\n' +
          '-> Check the plan, and the role of the user whose credentials are used.',
        'Access log':
          'problem not available (403): only the role admin can read it. Zendesk said: "Authorization failed: You must have administrator privileges".\n' +
          '-> Give that role to the user whose credentials are used.',
        Users:
          'problem not available (403): the token lacks the scope read. Zendesk said: "Forbidden: You are missing the following required scopes: read".\n' +
          `-> Allow it for the OAuth client (${clients}) and set ZENDESK_OAUTH_SCOPE to it, or better to read.`,
        Budget: limitUnknown,
        ...skipAll('the log could not be read', backfills),
      });
    });

    it('says which add-on the access log needs', async () => {
      await examine(
        { databaseUrl: pulled.url, faults: [{ kind: '404-endpoint', stream: 'access_logs' }] },
        1,
        {
          'Access log':
            'problem not available (404): this account does not have the endpoint. Zendesk said: "InvalidEndpoint: Not found".\n' +
            `-> It needs the add-on Advanced Data Privacy and Protection and the role admin; check both, and switch it on: ${theSwitch}.`,
          'Access log backfill': 'skipped the log could not be read',
        },
      );
    });

    it('says how the access log is switched on', async () => {
      await examine({ databaseUrl: pulled.url, simulator: { accessLogRowsPerDay: 0 } }, 1, {
        'Access log':
          'problem answers, but has no records, although requests such as this one should create some: it is not switched on, or was switched on just now\n' +
          `-> Turn it on: ${theSwitch}. The first records may take an hour. What happened before is never recorded.`,
        'Access log backfill': 'ok there is nothing to read yet',
      });
    });

    it('notices that the access log gets no new rows, although all of it is stored', async () => {
      const late = { share: 1, delaySeconds: 2 * 86_400 };
      await withSimulator({ late }, async (simulator) => {
        const { status, stdout } = await runProgram(['doctor'], settingsFor(simulator, pulled.url));
        assert.match(
          unfold(stdout).join('\n'),
          /^warning Access log: answers; oldest record .* UTC, AGE; none in the last 24 hours, although .*\n-> Check that it is still switched on: /m,
        );
        assert.equal(status, 0);
      });
    });

    it('sends no further request when Zendesk asks it to wait', async () => {
      await examine(
        {
          databaseUrl: pulled.url,
          faults: [{ kind: '429-reset-seconds', stream: 'access_logs', seconds: 120 }],
        },
        0,
        {
          'Access log':
            'skipped requests are paused for 2 minutes (Zendesk answered 429 with ratelimit-reset)',
          'Access log backfill': 'skipped the log could not be read',
        },
      );
    });

    it('reports a clock that is wrong', async () => {
      await withSimulator({ clockOffsetMs: 900_000 }, async (simulator) => {
        const { status, stdout } = await runProgram(['doctor'], settingsFor(simulator, pulled.url));
        // An answer that was on its way for a time says less exactly when it was given.
        const [, seconds] =
          /^warning {2}Clock: (\d+) seconds behind Zendesk's$/m.exec(stdout) ?? [];
        assert.ok(Math.abs(Number(seconds) - 900) < 60, stdout);
        assert.match(stdout, /^ {9}-> Use NTP on this machine and on the database server\./m);
        assert.equal(status, 0);
      });
    });
  });

  describe('looks at the connection to Zendesk, and', { concurrency: 2 }, () => {
    const away = skipAll('Zendesk cannot be reached', [
      'Access token',
      ...streams,
      'Budget',
      ...backfills,
    ]);
    const clock: Changes = { Clock: "ok agrees with the database's" };

    async function examineOrigin(origin: string, found: string): Promise<void> {
      await withSimulator({}, async (simulator) => {
        const settings = { ...settingsFor(simulator, pulled.url), ZENDESK_BASE_URL: origin };
        const { status, stdout } = await runProgram(['doctor'], settings);
        const page = unfold(stdout.replaceAll(/\((ENOTFOUND|EAI_AGAIN)\)/g, '(DNS)'));
        const changes = { Origin: `problem ${found}`, ...away, ...clock };
        const [first = '', ...rest] = await expectPage(simulator, pulled.url, changes);
        assert.deepEqual(page, [first.replace('ORIGIN', origin), ...rest]);
        assert.equal(status, 1);
      });
    }

    it('reports a host name that does not exist', async () => {
      await examineOrigin(
        'https://acme.invalid',
        'the name acme.invalid cannot be resolved (DNS)\n' +
          '-> Check ZENDESK_SUBDOMAIN and ZENDESK_BASE_URL, and the name service of this machine. If this network requires a proxy, set HTTPS_PROXY.',
      );
    });

    it('reports a certificate that is not trusted, and sends nothing there', async () => {
      let requests = 0;
      const server = createServer({ key, cert }, () => (requests += 1));
      await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
      try {
        const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
        await examineOrigin(
          origin,
          `the certificate of ${origin} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT), so nothing will be sent\n` +
            '-> Check ZENDESK_SUBDOMAIN and ZENDESK_BASE_URL, or trust its issuer with NODE_EXTRA_CA_CERTS.',
        );
        assert.equal(requests, 0);
      } finally {
        server.close();
      }
    });

    it('reports an origin where nobody listens', async () => {
      await examineOrigin(
        'https://localhost:1',
        'there is no answer from https://localhost:1 (ECONNREFUSED)\n' +
          '-> Check ZENDESK_SUBDOMAIN and ZENDESK_BASE_URL, and whether a firewall blocks this machine. If this network requires a proxy, set HTTPS_PROXY.',
      );
    });
  });
});
