/** A time stamp authority of RFC 3161: a small server around `openssl ts -reply`, with a certificate of an authority of its own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

/** A running authority. */
export type TimeStampAuthority = {
  readonly url: string;
  /** The certificate that its own leads to, in a file. */
  readonly caFile: string;
  /** Its folder, in which openssl may work. */
  readonly folder: string;
  /** Does something to the answers that follow. */
  alter(change: (answer: Buffer) => Buffer): void;
  stop(): Promise<void>;
};

const config = `
[tsa]
default_tsa = tsa1
[tsa1]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
certs = ca.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[ext]
extendedKeyUsage = critical,timeStamping
[ca]
basicConstraints = critical,CA:TRUE
`;

/** Runs openssl in a folder; what it says. */
export function openssl(folder: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stdout}${stderr}`);
  return `${stdout}${stderr}`;
}

/** Starts the authority. `kind` is that of its key. */
export async function startAuthority(kind: 'rsa' | 'ec' = 'rsa'): Promise<TimeStampAuthority> {
  const folder = mkdtempSync(join(tmpdir(), 'zls-tsa-'));
  writeFileSync(join(folder, 'tsa.cnf'), config);
  writeFileSync(join(folder, 'serial'), '01\n');
  const key = { rsa: 'rsa:2048', ec: 'ec' }[kind];
  const curve = kind === 'ec' ? ['-pkeyopt', 'ec_paramgen_curve:P-256'] : [];
  // prettier-ignore
  openssl(folder, 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem',
    '-days', '2', '-subj', '/CN=Authority', '-config', 'tsa.cnf', '-extensions', 'ca');
  // prettier-ignore
  openssl(folder, 'req', '-new', '-newkey', key, ...curve, '-nodes', '-keyout', 'tsa.key', '-out', 'tsa.csr',
    '-subj', '/CN=Clock');
  // prettier-ignore
  openssl(folder, 'x509', '-req', '-in', 'tsa.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial',
    '-out', 'tsa.pem', '-days', '2', '-extfile', 'tsa.cnf', '-extensions', 'ext');
  let change = (answer: Buffer): Buffer => answer;
  const server = createServer((request, response) => {
    void buffer(request).then((query) => {
      writeFileSync(join(folder, 'query.tsq'), query);
      // prettier-ignore
      openssl(folder, 'ts', '-reply', '-config', 'tsa.cnf', '-queryfile', 'query.tsq', '-out', 'reply.tsr');
      response.writeHead(200, { 'content-type': 'application/timestamp-reply' });
      response.end(change(readFileSync(join(folder, 'reply.tsr'))));
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tsa`,
    caFile: join(folder, 'ca.pem'),
    folder,
    alter: (next) => {
      change = next;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
