import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { unfold } from '../support/doctor-page.ts';
import { startForwarder } from '../support/forwarder.ts';
import { findFreePort } from '../support/free-port.ts';
import { runProgram, temporary, type Environment } from '../support/program.ts';
import { startProxy, type RunningProxy } from '../support/proxy.ts';
import { smallAccount, withAccount } from '../support/pulled-account.ts';
import { startReceiver, type Receiver } from '../support/receiver.ts';
import { cert, key } from '../support/self-signed.ts';

const login = 'kr7 user:kr7/p@ss%#';
const encodedLogin = login.split(':').map(encodeURIComponent).join(':');

/** An account at an https address, with a proxy before it. */
type Company = {
  readonly proxy: RunningProxy;
  readonly receiver: Receiver;
  /** `localhost:1234`. */
  readonly host: string;
  /** Without the proxy, which each test names in its own way. */
  readonly settings: Environment;
};

async function withCompany(
  options: Parameters<typeof startProxy>[0],
  work: (company: Company) => Promise<void>,
): Promise<void> {
  const authority = join(temporary, 'authority.pem');
  writeFileSync(authority, cert);
  await withAccount(smallAccount, async ({ simulator, settings }) => {
    const front = await startForwarder(simulator.url, { key, cert });
    const receiver = await startReceiver();
    const proxy = await startProxy(options);
    try {
      await work({
        proxy,
        receiver,
        host: new URL(front.origin).host,
        settings: {
          ...settings,
          ZENDESK_BASE_URL: front.origin,
          NODE_EXTRA_CA_CERTS: authority,
          STREAMS: 'users',
        },
      });
    } finally {
      await proxy.stop();
      await receiver.stop();
      await front.stop();
    }
  });
}

const originOf = (page: string): string =>
  unfold(page)
    .join('\n')
    .match(/^\w+ Origin: .*(?:\n->.*)?/m)?.[0] ?? page;

describe('a proxy', { concurrency: 2 }, () => {
  it('carries requests to Zendesk, heartbeats and traces, with its login, and nothing else', async () => {
    await withCompany({ login }, async ({ proxy, receiver, host, settings }) => {
      const { origin } = receiver;
      const { status, stderr } = await runProgram(['sync'], {
        ...settings,
        HTTPS_PROXY: `http://${encodedLogin}@${proxy.address}`,
        HTTP_PROXY: `${encodedLogin}@${proxy.address}`,
        HEARTBEAT_URL: `${origin}/beat`,
        OTEL_EXPORTER_OTLP_ENDPOINT: origin,
      });
      assert.equal(status, 0, stderr);
      const passed = proxy.passed();
      // The report of a run's start may be dropped on a busy machine.
      const kinds = new Set(passed.map((each) => Object.values(each).join(' ')));
      kinds.delete(`GET ${origin}/beat/start 200`);
      assert.deepEqual([...kinds].toSorted(), [
        `CONNECT ${host} 200`,
        `GET ${origin}/beat 200`,
        `POST ${origin}/v1/traces 200`,
      ]);
      const plain = passed.filter(({ method }) => method !== 'CONNECT');
      assert.ok(receiver.received.length <= plain.length, 'something came without the proxy');
    });
  });

  it('is shown by doctor without its login; the name of the origin need not be known here', async () => {
    await withCompany({ login }, async ({ proxy, host, settings }) => {
      const way = `http://${proxy.address}`;
      const more = { ...settings, HTTPS_PROXY: `http://${encodedLogin}@${proxy.address}` };
      const well = await runProgram(['doctor'], more);
      assert.equal(well.stderr, '');
      assert.match(
        originOf(well.stdout),
        new RegExp(
          `^ok Origin: https://${host} answers through the proxy ORIGIN \\(HTTPS_PROXY\\); its certificate is trusted until 2126-10-27$`,
        ),
      );
      const { port } = new URL(`https://${host}`);
      const other = `https://acme.invalid:${port}`;
      const foreign = await runProgram(['doctor'], { ...more, ZENDESK_BASE_URL: other });
      assert.equal(
        originOf(foreign.stdout).replace('ORIGIN', way),
        `problem Origin: the certificate of ${other} through the proxy ${way} (HTTPS_PROXY) is not trusted (ERR_TLS_CERT_ALTNAME_INVALID), so nothing will be sent\n` +
          '-> A proxy that inspects TLS has its own issuer: trust it with NODE_EXTRA_CA_CERTS.',
      );
    });
  });

  it('that requires another login is named, asked once, and its login appears nowhere', async () => {
    await withCompany({ login }, async ({ proxy, host, settings }) => {
      const way = `http://${proxy.address}`;
      const wrong = { ...settings, https_proxy: `http://kr7-user:kr7-wrong@${proxy.address}` };
      const { status, stderr } = await runProgram(['sync', 'users'], wrong);
      assert.equal(status, 1);
      assert.ok(
        stderr.includes(
          `The proxy ${way} refuses to connect to Zendesk (status 407), so Zendesk was not asked; it does not accept the user and password in HTTPS_PROXY by HTTP Basic: check them.`,
        ),
        stderr,
      );
      assert.deepEqual(proxy.passed(), [{ method: 'CONNECT', target: host, status: 407 }]);
      const { stdout } = await runProgram(['doctor'], wrong);
      assert.equal(
        originOf(stdout).replace('ORIGIN', way),
        `problem Origin: the proxy ${way} (HTTPS_PROXY) refuses to connect to https://${host} (status 407)\n` +
          '-> It does not accept the user and password in HTTPS_PROXY by HTTP Basic: check them.',
      );
      const none = await runProgram(['sync', 'users'], { ...settings, HTTPS_PROXY: way });
      assert.ok(
        none.stderr.includes(
          'it asks for a login: write user and password into HTTPS_PROXY, as in http://user:password@proxy:3128.',
        ),
        none.stderr,
      );
    });
  });

  it('that does not allow the host is named', async () => {
    await withCompany({ refuse: 403 }, async ({ proxy, host, settings }) => {
      const way = `http://${proxy.address}`;
      const { stdout } = await runProgram(['doctor'], { ...settings, HTTPS_PROXY: proxy.address });
      assert.equal(
        originOf(stdout).replace('ORIGIN', way),
        `problem Origin: the proxy ${way} (HTTPS_PROXY) refuses to connect to https://${host} (status 403)\n` +
          '-> Ask whoever runs the proxy to allow this host, or put it into NO_PROXY.',
      );
      const order = await runProgram(['audit', 'export'], { ...settings, HTTPS_PROXY: way });
      assert.equal(order.status, 1);
      assert.ok(
        order.stderr.includes(
          `The proxy ${way} refuses to connect to Zendesk (status 403), so Zendesk was not asked; ask whoever runs the proxy to allow this host, or put it into NO_PROXY.`,
        ),
        order.stderr,
      );
    });
  });

  it('that does not answer is named, not the name service', async () => {
    await withCompany({}, async ({ settings }) => {
      const way = `http://127.0.0.1:${await findFreePort()}`;
      const { stdout } = await runProgram(['doctor'], { ...settings, HTTPS_PROXY: way });
      assert.equal(
        originOf(stdout).replace('ORIGIN', way),
        `problem Origin: the proxy ${way} (HTTPS_PROXY) cannot be reached (ECONNREFUSED)\n` +
          '-> Check HTTPS_PROXY; list the hosts that need no proxy in NO_PROXY.',
      );
    });
  });

  it('is not used for what NO_PROXY names', async () => {
    await withCompany({ refuse: 403 }, async ({ proxy, receiver, settings }) => {
      const { status, stderr } = await runProgram(['sync'], {
        ...settings,
        HTTPS_PROXY: proxy.address,
        http_proxy: proxy.address,
        no_proxy: 'localhost, 127.0.0.0/8',
        HEARTBEAT_URL: `${receiver.origin}/beat`,
      });
      assert.equal(status, 0, stderr);
      assert.deepEqual(proxy.passed(), []);
      assert.ok(receiver.received.some(({ path }) => path === '/beat'));
    });
  });

  it('that is invalid is refused in one sentence, without being shown', async () => {
    const end = await runProgram(['status'], {
      HTTPS_PROXY: 'http://kr7:pa/kr7-secret@proxy:3128',
    });
    assert.deepEqual(
      [end.status, end.stderr],
      [
        2,
        'HTTPS_PROXY is set to 35 characters that are not shown here. Use the address of an HTTP proxy such as http://user:password@proxy.acme.example:3128, without a path, and percent-encode special characters in the password (%40 for @, %2F for /, %23 for #, %25 for %).\n',
      ],
    );
    const socks = await runProgram(['status'], { http_proxy: 'socks5://proxy:1080' });
    assert.deepEqual(
      [socks.status, socks.stderr],
      [
        2,
        'HTTP_PROXY is set to 19 characters that are not shown here. Use the address of an HTTP proxy such as http://user:password@proxy.acme.example:3128. socks5 is a different kind of proxy, which is not supported.\n',
      ],
    );
  });
});
