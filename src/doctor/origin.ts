/** Whether the name of the origin resolves, a server answers there, and the certificate is trusted. Sends nothing. */
import { lookup } from 'node:dns/promises';
import { foreignCodeOf } from '../errors.ts';
import type { Proxy } from '../proxy.ts';
import { adviseOnRefusal } from '../zendesk/proxy-fault.ts';
import { capitalize, ok, problem, warning, type Check } from './check.ts';
import { countOf } from './figures.ts';
import { bareHost, shakeHands, TunnelError } from './handshake.ts';

const name = 'origin';
const dayMs = 86_400_000;
/** Certificates are renewed some weeks in advance: one that is this close to its end was forgotten. */
const renewalDays = 7;
const site = 'Check ZENDESK_SUBDOMAIN and ZENDESK_BASE_URL';

/** The origin, and how to reach it. */
type Way = { readonly origin: string; readonly proxy: Proxy | undefined };

/**
 * Looks up the name, connects, and makes a TLS handshake for https. With a proxy the name is not looked up here: only the
 * proxy has to know it.
 */
export async function checkOrigin(way: Way, now: Date, signal: AbortSignal): Promise<Check> {
  const { origin, proxy } = way;
  const host = bareHost(new URL(origin).hostname);
  let resolved = origin;
  if (proxy === undefined) {
    try {
      const { address } = await lookup(host);
      if (address !== host) resolved = `${origin} (${address})`;
    } catch (error) {
      const found = `the name ${host} cannot be resolved (${codeOf(error)})`;
      return problem(
        name,
        found,
        `${site}, and the name service of this machine. If this network requires a proxy, set HTTPS_PROXY.`,
      );
    }
  }
  try {
    const { validTo } = await shakeHands(origin, proxy, signal);
    const answers = `${resolved} answers${describeWay(proxy)}`;
    if (validTo === undefined) return ok(name, `${answers}; without TLS, on this machine`);
    const days = Math.floor((validTo.getTime() - now.getTime()) / dayMs);
    const found = `${answers}; its certificate is trusted until ${validTo.toISOString().slice(0, 10)}`;
    return days < renewalDays
      ? warning(name, `${found}, ${countOf(days, 'day')} from now`, 'Tell its operator.')
      : ok(name, found);
  } catch (error) {
    signal.throwIfAborted();
    return explainFailure(way, error);
  }
}

function describeWay(proxy: Proxy | undefined): string {
  return proxy === undefined ? '' : ` through the proxy ${proxy.shown} (${proxy.setting})`;
}

function explainFailure({ origin, proxy }: Way, error: unknown): Check {
  const code = codeOf(error);
  const way = describeWay(proxy);
  if (/CERT|^UNABLE_TO_|SELF_SIGNED/.test(code))
    return problem(
      name,
      `the certificate of ${origin}${way} is not trusted (${code}), so nothing will be sent`,
      proxy === undefined
        ? `${site}, or trust its issuer with NODE_EXTRA_CA_CERTS.`
        : 'A proxy that inspects TLS has its own issuer: trust it with NODE_EXTRA_CA_CERTS.',
    );
  if (proxy !== undefined) return explainProxy(origin, proxy, error, code);
  return problem(
    name,
    `there is no answer from ${origin} (${code})`,
    `${site}, and whether a firewall blocks this machine. If this network requires a proxy, set HTTPS_PROXY.`,
  );
}

function explainProxy(origin: string, proxy: Proxy, error: unknown, code: string): Check {
  if (error instanceof TunnelError) {
    const found = `the proxy ${proxy.shown} (${proxy.setting}) refuses to connect to ${origin} (status ${error.status})`;
    return problem(name, found, `${capitalize(adviseOnRefusal(proxy, error.status))}.`);
  }
  const isUnreachable =
    error instanceof Error &&
    'syscall' in error &&
    (error.syscall === 'connect' || error.syscall === 'getaddrinfo');
  return isUnreachable
    ? problem(
        name,
        `the proxy ${proxy.shown} (${proxy.setting}) cannot be reached (${code})`,
        `Check ${proxy.setting}; list the hosts that need no proxy in NO_PROXY.`,
      )
    : problem(
        name,
        `there was no connection to ${origin}${describeWay(proxy)} (${code})`,
        `${site}, and what the proxy does with this host.`,
      );
}

function codeOf(error: unknown): string {
  return foreignCodeOf(error) ?? 'no reason known';
}
