/** Parses `DATABASE_URL` as libpq does. Decides nothing about connections. */

/** One possible place of Postgres: a name or an address, or the directory of a socket. */
export type DatabaseHost = {
  /** Undefined if the url names none. */
  readonly host: string | undefined;
  readonly port: number | undefined;
};

/** The content of a url. All of it may be secret. */
type DatabaseAddress = {
  /** At least one, in the order in which they are tried. */
  readonly hosts: readonly DatabaseHost[];
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  /** By the names of libpq. */
  readonly parameters: ReadonlyMap<string, string>;
};

/** How a connection is protected: the words of libpq, from no protection to full, and one of the driver. */
const sslModes = [
  'disable',
  'allow',
  'prefer',
  'require',
  'verify-ca',
  'verify-full',
  'no-verify',
] as const;
export type SslMode = (typeof sslModes)[number];

/** Which of several servers is wanted. */
const targets = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;
export type Target = (typeof targets)[number];

/** The supported parameters; others that begin with `ssl` would have no effect. */
const sslParameters: ReadonlySet<string> = new Set([
  'ssl',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslpassword',
  'sslcrl',
  'sslnegotiation',
  'sslcompression',
  'sslsni',
  'ssl_min_protocol_version',
  'ssl_max_protocol_version',
]);

const host = String.raw`(?:\[[0-9a-f:.%]+\]|[^@/?#:,[\]\s]*)(?::\d*)?`;
const rest = String.raw`(?<hosts>${host}(?:,${host})*)(?:/(?<database>[^@/?#]*))?(?:\?(?<query>(?:[^=&@#]+=[^&#]*(?:&|$))*))?`;
const scheme = String.raw`^postgres(?:ql)?://`;
/** As the standard says, and as people write passwords: then everything up to the last @ is the login. */
const forms = [
  new RegExp(`${scheme}(?:(?<login>[^@/?#]*)@)?${rest}$`, 'i'),
  new RegExp(`${scheme}(?<login>.*)@${rest}$`, 'is'),
];
const example = 'Use postgres://user:password@host:5432/database';

/** The parsed url, or why it is invalid: the end of a sentence that begins with what was found. */
export function readDatabaseUrl(url: string): DatabaseAddress | string {
  const groups = forms.map((form) => form.exec(url)?.groups).find((found) => found !== undefined);
  if (groups === undefined) return `${example}, and check the scheme, the host and the port`;
  const parameters = new Map(
    (groups['query'] ?? '')
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair) => {
        const at = pair.indexOf('=');
        return [decode(pair.slice(0, at)), decode(pair.slice(at + 1))] as const;
      }),
  );
  const login = /^([^:]*)(?::(.*))?$/s.exec(groups['login'] ?? '');
  const hosts = listHosts(groups['hosts'] ?? '', parameters);
  return (
    findProblem(hosts, parameters) ?? {
      hosts,
      user: given(parameters.get('user') ?? decode(login?.[1] ?? '')),
      password: given(parameters.get('password') ?? decode(login?.[2] ?? '')),
      database: given(parameters.get('dbname') ?? decode(groups['database'] ?? '')),
      parameters,
    }
  );
}

/** The url with additional parameters that it lacks. */
export function addParameters(url: string, parameters: ReadonlyMap<string, string>): string {
  const address = readDatabaseUrl(url);
  if (typeof address === 'string') return url;
  const more = [...parameters]
    .filter(([name]) => !address.parameters.has(name))
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  if (more.length === 0) return url;
  return `${url}${address.parameters.size > 0 ? '&' : '?'}${more.join('&')}`;
}

function listHosts(
  authority: string,
  parameters: ReadonlyMap<string, string>,
): readonly DatabaseHost[] {
  const written = authority.split(',').map((each) => {
    const [, name = '', port = ''] = /^(\[.*\]|[^:]*)(?::(\d*))?$/.exec(each) ?? [];
    return { host: decode(name.replace(/^\[(.*)\]$/, '$1')), port };
  });
  const names = parameters.get('host')?.split(',') ?? written.map((each) => each.host);
  const ports = parameters.get('port')?.split(',') ?? written.map((each) => each.port);
  return names.map((name, index) => {
    const port = (ports.length === 1 ? ports[0] : ports[index]) ?? '';
    return { host: given(name), port: port === '' ? undefined : Number(port) };
  });
}

function findProblem(
  hosts: readonly DatabaseHost[],
  parameters: ReadonlyMap<string, string>,
): string | undefined {
  if (hosts.some(({ port }) => port !== undefined && !(port >= 1 && port <= 65_535)))
    return `${example}, with a port from 1 to 65535`;
  const unknown = [...parameters.keys()].find(
    (name) => /^ssl/i.test(name) && !sslParameters.has(name),
  );
  if (unknown !== undefined)
    return `It has a parameter ${quote(unknown)}, which is not known. Use sslmode, sslrootcert, sslcert, sslkey, sslpassword or sslcrl`;
  return (
    refuseOther('sslmode', parameters, sslModes) ??
    refuseOther('target_session_attrs', parameters, targets) ??
    refuseOther('sslnegotiation', parameters, ['postgres', 'direct']) ??
    refuseWeakSystem(parameters)
  );
}

function refuseOther(
  name: string,
  parameters: ReadonlyMap<string, string>,
  known: readonly string[],
): string | undefined {
  const value = parameters.get(name);
  return value === undefined || known.includes(value)
    ? undefined
    : `Its ${name} is ${quote(value)}. Use ${known.slice(0, -1).join(', ')} or ${known.at(-1) ?? ''}`;
}

/** Everybody can get a certificate that the system trusts: without a check of the name it proves nothing. */
function refuseWeakSystem(parameters: ReadonlyMap<string, string>): string | undefined {
  const mode = parameters.get('sslmode') ?? 'verify-full';
  return parameters.get('sslrootcert') === 'system' && mode !== 'verify-full'
    ? `It has sslrootcert=system with sslmode=${mode}. Use sslmode=verify-full, because anybody can have a certificate that the system trusts`
    : undefined;
}

function quote(text: string): string {
  return /^[\w-]{1,40}$/.test(text) ? JSON.stringify(text) : `a text of ${text.length} characters`;
}

function given(text: string): string | undefined {
  return text === '' ? undefined : text;
}

/** Decodes percent escapes; a sign that is not an escape, as in `100%`, stays unchanged. */
function decode(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}
