/** Who may see the page: the values of its settings, and what follows from them. */
import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { httpHost, httpPort, textOf } from './values.ts';

/** A token that opens the page. */
export type PageToken = {
  readonly role: 'reader' | 'investigator';
  /** Who has it; recorded with what they do. */
  readonly name: string;
  /** Secret. */
  readonly token: string;
};

/** A proxy in front of the page that says who asks. */
export type TrustedProxy = {
  /** Whether it has this address; the address is that of the socket's peer. */
  readonly has: (address: string) => boolean;
  /** The header with the name of the user, in lower case. */
  readonly userHeader: string;
  /** The header with the groups of the user, in lower case. */
  readonly groupsHeader: string;
  /** Whose members are investigators; everybody else is a reader. */
  readonly investigatorGroups: readonly string[];
};

/** How it is known who asks. `local`: nobody logs in, because only this machine can connect. */
export type PageAccess =
  | { readonly kind: 'local' }
  | {
      readonly kind: 'login';
      readonly tokens: readonly PageToken[];
      readonly proxy: TrustedProxy | undefined;
    }
  /** Others could connect, and nothing says who they are. */
  | { readonly kind: 'undecided' };

const shortestToken = 16;

/** `HTTP_TOKEN`: a line for each person. */
const tokens = textOf(readTokens, (text) => {
  const lines = text.split(/\r?\n/);
  const wrong = lines.findIndex((line) => isUsed(line) && readToken(line) === undefined);
  const double = lines.some(isUsed) ? 'the same token is in two lines' : 'there is no such line';
  const place = wrong === -1 ? double : `line ${wrong + 1} is different`;
  return `Write one line for each person: a role (reader or investigator), a name, and a token of at least ${shortestToken} characters, separated by spaces; ${place}`;
});

function readTokens(text: string): readonly PageToken[] | undefined {
  const lines = text.split(/\r?\n/).filter(isUsed);
  const found = lines.flatMap((line) => readToken(line) ?? []);
  const isDouble = new Set(found.map(({ token }) => token)).size < found.length;
  return found.length === 0 || found.length < lines.length || isDouble ? undefined : found;
}

function isUsed(line: string): boolean {
  return !/^\s*(?:#|$)/.test(line);
}

function readToken(line: string): PageToken | undefined {
  const [role = '', ...rest] = line.trim().split(/\s+/);
  const token = rest.at(-1) ?? '';
  const name = rest.length === 1 ? role : (rest[0] ?? '');
  if (role !== 'reader' && role !== 'investigator') return undefined;
  if (rest.length < 1 || rest.length > 2 || name.length > 100) return undefined;
  return token.length >= shortestToken && /^[\x21-\x7e]+$/.test(token)
    ? { role, name, token }
    : undefined;
}

/** `HTTP_TRUSTED_PROXY`: addresses and ranges. */
const proxyAddresses = textOf((text) => {
  const list = new BlockList();
  const parts = text.split(/[\s,]+/).filter((part) => part !== '');
  const isWell = parts.every((part) => addAddress(list, part));
  return isWell && parts.length > 0 ? list : undefined;
}, 'Use the addresses of the proxy such as 10.0.0.5, or ranges such as 10.0.0.0/24, separated by commas');

function addAddress(list: BlockList, text: string): boolean {
  const [address = '', bits, more] = text.split('/');
  const family = isIP(address);
  const type = family === 6 ? 'ipv6' : 'ipv4';
  if (family === 0 || more !== undefined) return false;
  if (bits === undefined) list.addAddress(address, type);
  else if (!/^\d{1,3}$/.test(bits) || Number(bits) > (family === 6 ? 128 : 32)) return false;
  else list.addSubnet(address, Number(bits), type);
  return true;
}

const header = z.string().regex(/^[\w-]{1,100}$/, {
  error: 'Use the name of a header such as X-Forwarded-User',
});

/** The settings of what `serve` answers over HTTP. */
export const httpValues = {
  HTTP_PORT: httpPort,
  HTTP_HOST: httpHost,
  HTTP_PAGE: z.enum(['on', 'off'], { error: 'Use on or off' }),
  HTTP_TOKEN: tokens.optional(),
  HTTP_TRUSTED_PROXY: proxyAddresses.optional(),
  HTTP_USER_HEADER: header,
  HTTP_GROUPS_HEADER: header,
  HTTP_INVESTIGATOR_GROUPS: z.string().optional(),
};

/** What the settings say, read one by one. */
type HttpValues = z.output<z.ZodObject<typeof httpValues>>;

/** Where `serve` answers over HTTP; undefined when it does not. */
export type HttpConfig = {
  readonly host: string;
  readonly port: number;
  /** Who may see the page; undefined where there is none. */
  readonly page: PageAccess | undefined;
};

/** What the settings say about it. */
export function readHttp(found: HttpValues): HttpConfig | undefined {
  const { HTTP_HOST: host, HTTP_PORT: port } = found;
  return port === undefined ? undefined : { host, port, page: readPageAccess(host, found) };
}

function readPageAccess(host: string, found: HttpValues): PageAccess | undefined {
  if (found.HTTP_PAGE === 'off') return undefined;
  const { HTTP_TOKEN: given = [], HTTP_TRUSTED_PROXY: list } = found;
  if (given.length === 0 && list === undefined)
    return { kind: isThisMachine(host) ? 'local' : 'undecided' };
  return {
    kind: 'login',
    tokens: given,
    proxy: list && {
      has: (address) => isListed(list, address),
      userHeader: found.HTTP_USER_HEADER.toLowerCase(),
      groupsHeader: found.HTTP_GROUPS_HEADER.toLowerCase(),
      investigatorGroups: listParts(found.HTTP_INVESTIGATOR_GROUPS ?? ''),
    },
  };
}

function listParts(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** An IPv4 address of a socket that listens on IPv6 is written as `::ffff:10.0.0.5`. */
function isListed(list: BlockList, address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
}

/** Whether what listens there is reached from this machine alone. */
function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
