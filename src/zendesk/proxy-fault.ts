/** What it means that no answer came, where a proxy is on the way. */
import type { Proxy } from '../proxy.ts';
import type { Failure } from './answer.ts';
import type { Refusal } from './refusal.ts';

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

/** Why the proxy is to blame; undefined where it is not. */
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

/** What to do about a proxy that answers with a status instead of a connection. */
export function adviseOnRefusal({ url, setting }: Proxy, status: number | undefined): string {
  if (status !== 407)
    return `ask whoever runs the proxy to allow this host, or put it into NO_PROXY`;
  return new URL(url).username === ''
    ? `it asks for a login: write user and password into ${setting}, as in http://user:password@proxy:3128`
    : `it does not accept the user and password in ${setting} by HTTP Basic: check them`;
}
