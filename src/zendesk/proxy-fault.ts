/** What it means when there is no answer and a proxy is used. */
import type { Proxy } from '../proxy.ts';
import type { Failure } from './answer.ts';
import type { Refusal } from './asker.ts';

/** A failure without an answer. */
export type Silence = Extract<Failure, { readonly kind: 'no-answer' }>;

/** A failure without an answer, in a few words. */
export function describeSilence({ code, cause, proxy: way }: Silence): string {
  const why = `no complete answer (${code ?? cause.name})`;
  if (way === undefined) return why;
  const name = `the proxy ${way.proxy.shown}`;
  if (way.fault === 'refused') return `${name} refused to connect (status ${way.status ?? 0})`;
  return way.fault === 'unreachable'
    ? `${name} cannot be reached (${code ?? 'no code'})`
    : `${why} through ${name}`;
}

/** Why the proxy is the cause; undefined if it is not. */
export function explainProxyFault({ code, proxy: way }: Silence): Refusal | undefined {
  if (way === undefined || way.fault === 'on-the-way') return undefined;
  const { proxy, status } = way;
  if (way.fault === 'unreachable')
    return {
      code: 'proxy_unreachable',
      found: `The proxy ${proxy.shown} cannot be reached (${code ?? 'no code'}), so Zendesk was not asked`,
      wayOut: `check ${proxy.setting}; what needs no proxy belongs into NO_PROXY`,
    };
  return {
    code: 'proxy_refused',
    found: `The proxy ${proxy.shown} refuses to connect to Zendesk (status ${status ?? 0}), so Zendesk was not asked`,
    wayOut: adviseOnRefusal(proxy, status),
  };
}

/** That the certificate of the other side is not trusted. */
export function explainDistrust({ code, proxy }: Silence, origin: string): Refusal {
  const way = proxy === undefined ? '' : ` through the proxy ${proxy.proxy.shown}`;
  const wayOut =
    proxy === undefined
      ? 'check ZENDESK_BASE_URL, or trust its issuer with NODE_EXTRA_CA_CERTS'
      : 'a proxy that inspects TLS has its own issuer: trust it with NODE_EXTRA_CA_CERTS';
  return {
    code: 'certificate_untrusted',
    found: `The certificate of ${origin}${way} is not trusted (${code}), so nothing was sent`,
    wayOut,
  };
}

/** What to do about a proxy that answers with a status instead of a connection. */
export function adviseOnRefusal({ url, setting }: Proxy, status: number | undefined): string {
  if (status !== 407)
    return `ask whoever runs the proxy to allow this host, or put it into NO_PROXY`;
  return new URL(url).username === ''
    ? `it asks for a login: write user and password into ${setting}, as in http://user:password@proxy:3128`
    : `it does not accept the user and password in ${setting} by HTTP Basic: check them`;
}
