/** Decides which proxy a request uses, from `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`; Node's agents do the rest. */
import type { AgentOptions } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** The configured proxies. The addresses are secret. */
export type Proxies = {
  /** For https addresses: a complete url. */
  readonly https: string | undefined;
  /** For http addresses: a complete url. */
  readonly http: string | undefined;
  /** The hosts to contact directly: the text of `NO_PROXY`. */
  readonly exceptions: string;
};

/** The proxy of one address. */
export type Proxy = {
  /** With its credentials: secret. */
  readonly url: string;
  /** Without its credentials: safe to show. */
  readonly shown: string;
  readonly setting: 'HTTPS_PROXY' | 'HTTP_PROXY';
};

/**
 * The proxy for an address; undefined if it is contacted directly. An address of this machine uses only a proxy on this
 * machine: any other would look for the address on its own machine, and would see in clear text what should stay here.
 */
export function chooseProxy(proxies: Proxies, address: string): Proxy | undefined {
  const target = new URL(address);
  const isSecure = target.protocol === 'https:';
  const url = isSecure ? proxies.https : proxies.http;
  if (url === undefined || isExcepted(proxies.exceptions, target)) return undefined;
  const proxy = new URL(url);
  if (isLoopback(target.hostname) && !isLoopback(proxy.hostname)) return undefined;
  return { url, shown: proxy.origin, setting: isSecure ? 'HTTPS_PROXY' : 'HTTP_PROXY' };
}

/** The options for a Node agent, so that its requests use the proxy. */
export function throughProxy(proxy: Proxy | undefined): Pick<AgentOptions, 'proxyEnv'> {
  return proxy === undefined ? {} : { proxyEnv: { http_proxy: proxy.url, https_proxy: proxy.url } };
}

/** The url of a proxy from what people write: `proxy.acme.example:3128` is http; undefined if it is invalid. */
export function readProxyUrl(text: string): string | undefined {
  const address = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  const isBare = `${url.search}${url.hash}` === '' && url.pathname === '/';
  const isUsable = /^https?:$/.test(url.protocol) && isBare && isDecodable(url);
  return isUsable ? url.href : undefined;
}

function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(`${username}${password}`);
    return true;
  } catch {
    return false;
  }
}

/** Whether a host name is that of this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(?:(?:.+\.)?localhost|\[?::1\]?|127\.\d+\.\d+\.\d+)$/.test(hostname);
}

/**
 * A list of names (with their subdomains), addresses, and ranges such as 10.0.0.0/8, each with or without a port; `*` is
 * everything.
 */
function isExcepted(exceptions: string, target: URL): boolean {
  const host = target.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = target.port || (target.protocol === 'https:' ? '443' : '80');
  return exceptions
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = '', only] =
        /^(.*?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
      return (
        (only === undefined || only === port) && isWithin(host, name.replace(/^\[(.*)\]$/, '$1'))
      );
    });
}

function isWithin(host: string, entry: string): boolean {
  const version = isIP(host);
  if (version === 0) {
    const name = entry.replace(/^\*?\./, '');
    return name !== '' && (host === name || host.endsWith(`.${name}`));
  }
  const [network = '', bits] = entry.split('/');
  if (bits === undefined || isIP(network) !== version) return host === entry;
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > (version === 4 ? 32 : 128)) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const range = new BlockList();
  range.addSubnet(network, Number(bits), family);
  return range.check(host, family);
}
