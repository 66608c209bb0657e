/** Whether the name of the origin resolves, somebody answers there, and the certificate is trusted. Sends nothing. */
import { lookup } from 'node:dns/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { foreignCodeOf } from '../errors.ts';
import { ok, problem, warning, type Check } from './check.ts';
import { countOf } from './figures.ts';

const name = 'origin';
const patienceMs = 10_000;
const dayMs = 86_400_000;
/** Certificates are renewed some weeks ahead: one that is this close to its end was forgotten. */
const renewalDays = 7;
const site = 'Check ZENDESK_SUBDOMAIN and ZENDESK_BASE_URL';

/** What one connection to the origin brought. */
type Handshake = { readonly validTo: Date | undefined };

/** Looks up the name, connects, and for https shakes hands; the certificate is judged as the client of Zendesk judges it. */
export async function checkOrigin(origin: string, now: Date, signal: AbortSignal): Promise<Check> {
  const { protocol, hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const secure = protocol === 'https:';
  let addresses: string[];
  try {
    addresses = (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (error) {
    const found = `the name ${host} cannot be resolved (${codeOf(error)})`;
    return problem(name, found, `${site}, and the name service of this machine.`);
  }
  try {
    const place = { host, port: Number(port) || (secure ? 443 : 80) };
    const { validTo } = await shakeHands(place, secure, signal);
    const resolved = addresses.includes(host) ? origin : `${origin} (${addresses[0] ?? ''})`;
    if (validTo === undefined) return ok(name, `${resolved} answers; without TLS, on this machine`);
    const days = Math.floor((validTo.getTime() - now.getTime()) / dayMs);
    const found = `${resolved} answers; its certificate is trusted until ${validTo.toISOString().slice(0, 10)}`;
    return days < renewalDays
      ? warning(name, `${found}, ${countOf(days, 'day')} from now`, 'Tell whoever runs it.')
      : ok(name, found);
  } catch (error) {
    signal.throwIfAborted();
    return explainFailure(origin, codeOf(error));
  }
}

function explainFailure(origin: string, code: string): Check {
  if (/CERT|^UNABLE_TO_|SELF_SIGNED/.test(code))
    return problem(
      name,
      `the certificate of ${origin} is not trusted (${code}), so nothing will be sent`,
      `${site}, or trust its issuer with NODE_EXTRA_CA_CERTS.`,
    );
  return problem(
    name,
    `nobody answers at ${origin} (${code})`,
    `${site}, and whether a firewall or a proxy keeps this machine from it.`,
  );
}

async function shakeHands(
  { host, port }: { host: string; port: number },
  secure: boolean,
  signal: AbortSignal,
): Promise<Handshake> {
  const { promise, resolve, reject } = Promise.withResolvers<Handshake>();
  const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
  const socket: Socket | TLSSocket = secure
    ? connectTls({ host, port, ...servername, rejectUnauthorized: true })
    : connectTcp({ host, port });
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  socket.setTimeout(patienceMs, () =>
    reject(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })),
  );
  socket.once('error', reject);
  socket.once(secure ? 'secureConnect' : 'connect', () => {
    const validTo =
      'getPeerCertificate' in socket ? socket.getPeerCertificate().valid_to : undefined;
    resolve({ validTo: validTo === undefined ? undefined : new Date(validTo) });
  });
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    socket.destroy();
  }
}

function codeOf(error: unknown): string {
  return foreignCodeOf(error) ?? 'no reason known';
}
