/**
 * The table of settings: the only place that lists their names, defaults and meanings, but for those of a stream, which
 * its own file has. The table of docs/settings.md is tested against it.
 */
import { streams as allStreams, listLogs } from '../streams/registry.ts';
import type { Stream } from '../streams/stream.ts';

/** One environment variable this program reads. */
export type Setting = {
  readonly name: string;
  /** The default as one would write it, absent when there is no such text. */
  readonly defaultValue: string | undefined;
  /** What the table says about the default: the value itself, or a few words. */
  readonly defaultText: string;
  readonly meaning: string;
  /** True when the value is secret: never shown, and accepted from a file as NAME_FILE. */
  readonly secret: boolean;
};

function plain<Name extends string>(name: Name, defaultValue: string, meaning: string) {
  return {
    name,
    defaultValue,
    defaultText: `\`${defaultValue}\``,
    meaning,
    secret: false,
  } as const;
}

function optional<Name extends string>(name: Name, defaultText: string, meaning: string) {
  return { name, defaultValue: undefined, defaultText, meaning, secret: false } as const;
}

function secret<Name extends string>(name: Name, defaultText: string, meaning: string) {
  return { name, defaultValue: undefined, defaultText, meaning, secret: true } as const;
}

/** The settings that concern no stream alone, before and after those of the streams. */
const before = [
  secret(
    'DATABASE_URL',
    'embedded',
    'URL of a Postgres server, version 15 to 18; without it, the embedded one is used',
  ),
  plain('DATA_DIR', './data', 'directory of the embedded database'),
  optional(
    'EMBEDDED_PORT',
    'any free port',
    'port of the embedded database on 127.0.0.1, for other programs on this machine',
  ),
  optional(
    'ACCOUNTS_FILE',
    '–',
    'YAML or JSON file that lists several accounts, instead of the `ZENDESK_` settings; see [Many accounts](#many-accounts)',
  ),
  optional(
    'ZENDESK_SUBDOMAIN',
    '–',
    '`acme` of acme.zendesk.com; also the account key in every table',
  ),
  optional(
    'ZENDESK_BASE_URL',
    '`https://{subdomain}.zendesk.com`',
    'a different origin (simulator, test); https, unless the host is this machine',
  ),
  optional(
    'ZENDESK_CLIENT_ID',
    '–',
    'OAuth client credentials (recommended): identifier of the client',
  ),
  secret('ZENDESK_CLIENT_SECRET', '–', 'OAuth client credentials: secret of the client'),
  plain('ZENDESK_OAUTH_SCOPE', 'read', 'scope asked for with the OAuth client'),
  optional(
    'ZENDESK_OAUTH_GRANT',
    '`client_credentials`',
    'how the OAuth client logs in: `client_credentials`, or `refresh_token` for a person who uses the command `login`; see [A person who logs in](#a-person-who-logs-in)',
  ),
  secret(
    'ZENDESK_REFRESH_TOKEN',
    '–',
    'instead of the command `login`: a refresh token of the OAuth client to begin with; it is used once, and those that follow are kept in the database',
  ),
  secret('ZENDESK_OAUTH_TOKEN', '–', 'instead of a client: a ready access token'),
  optional('ZENDESK_USER_EMAIL', '–', 'legacy: e-mail address that belongs to the API token'),
  secret(
    'ZENDESK_API_TOKEN',
    '–',
    'legacy: API token; works until Zendesk ends API tokens on 2027-04-30',
  ),
] as const;

/** Programs agree on these names, but not on their case: small letters go first. */
export const alsoSmall: readonly string[] = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'];

const after = [
  plain(
    'SETTLE',
    '5m',
    'how long after its own time stamp a record may still appear; a time range counts as covered only when it was read this long after its end (`s`, `m`, `h`, `d`)',
  ),
  plain(
    'RESCAN_AFTER',
    '1h,24h,7d,30d',
    'ages at which covered time is read again, each longer than `SETTLE`, and once more before Zendesk deletes it; `none` switches this off',
  ),
  optional(
    'ACCESS_RULES_FILE',
    '–',
    'JSON file of rules that say what requests in the access log are about; they come before the built-in rules',
  ),
  optional(
    'REPORTS_FILE',
    '–',
    'YAML or JSON file of reports that `serve` writes at their times; see [reports.md](reports.md#reports-at-their-times)',
  ),
  plain(
    'HTTP_PORT',
    '8080',
    'port of `serve` for `/livez`, `/readyz`, `/status` and `/metrics`; `0` switches it off',
  ),
  plain(
    'HTTP_HOST',
    '127.0.0.1',
    'address that `serve` listens on; `0.0.0.0` or `::` for all addresses',
  ),
  secret(
    'SIGNING_KEY',
    'made in the data directory',
    'key that signs the sealed log: Ed25519 as PKCS#8 in PEM; the same for all processes',
  ),
  optional(
    'LOG_ORIGIN',
    '`<account>/zendesk-log-sync`',
    'name of the sealed log in its checkpoints; cannot be changed once something is sealed',
  ),
  optional(
    'EVIDENCE_DIR',
    '–',
    'directory that the sealed log is written to as files, in a folder for each account; see [Evidence](evidence.md)',
  ),
  secret(
    'HEARTBEAT_URL',
    '–',
    'URL to call (GET) when a run succeeds, with `/start` when it begins and `/fail` when it fails, as healthchecks.io expects',
  ),
  secret(
    'HTTPS_PROXY',
    '–',
    'proxy for all https addresses: `http://user:password@proxy.acme.example:3128`; this and the next two also work in lower case, which takes precedence',
  ),
  secret('HTTP_PROXY', '–', 'proxy for all http addresses'),
  optional(
    'NO_PROXY',
    '–',
    'hosts to reach without a proxy: names (with their subdomains), addresses, ranges such as `10.0.0.0/8`, `*` for everything; separated by commas',
  ),
  optional(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    '–',
    'OpenTelemetry collector that receives traces (OTLP over HTTP), such as `http://localhost:4318`',
  ),
  plain(
    'LOG_LEVEL',
    'info',
    'least important lines to log: trace, debug, info, warn, error, fatal or silent',
  ),
  plain('LOG_FORMAT', 'auto', '`json`, `pretty`, or `auto`: JSON unless it writes to a terminal'),
] as const;

/** The names of the settings that concern no stream alone. */
export type SettingName = (typeof before | typeof after)[number]['name'] | 'STREAMS';

/** Every setting with its default and meaning, in the order of docs/settings.md. */
export function listSettings(streams: readonly Stream[]): readonly Setting[] {
  const horizons = listLogs(streams).flatMap(({ horizonSetting }) => horizonSetting ?? []);
  // Budgets of single logs first, then what is shared with the customer's other integrations.
  const budgets = [...new Set(streams.map(({ budget }) => budget))].toSorted(
    (a, b) => Number(a.sharesAccountLimit) - Number(b.sharesAccountLimit),
  );
  return [
    ...before,
    ...streams.map(({ schedule }) => plain(schedule.name, schedule.cron, schedule.meaning)),
    plain('STREAMS', streams.map(({ name }) => name).join(','), 'what this installation pulls'),
    ...horizons.map(({ name, meaning }) => optional(name, "the account's oldest record", meaning)),
    ...budgets.map(({ setting: { name, requestsPerMinute, meaning } }) =>
      plain(name, String(requestsPerMinute), meaning),
    ),
    ...listLogs(streams).flatMap(({ pageSizeSetting, source }) =>
      pageSizeSetting === undefined
        ? []
        : [plain(pageSizeSetting.name, String(source.pageSize), pageSizeSetting.meaning)],
    ),
    ...after,
  ];
}

/** The settings of this program's own streams. */
export const settings = listSettings(allStreams);
