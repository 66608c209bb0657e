/**
 * The table of settings: the only place that lists their names, defaults and meanings, except those of a stream, which are
 * in its own file. The table of docs/settings.md is tested against it.
 */
import { retentionSetting, sourceErasureSetting } from './retention.ts';
import { streams as allStreams, listLogs } from '../streams/registry.ts';
import type { Stream } from '../streams/stream.ts';
import { archiveSettings } from './archive-settings.ts';
import { httpSettings } from './http-settings.ts';
import { alertTable } from './alert-table.ts';
import { optional, plain, secret, type Setting } from './setting.ts';

/** The settings that do not belong to a single stream, before and after those of the streams. */
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
  plain(
    'SCHEMA',
    'zendesk',
    'schema for the tables; another one where the database has a schema of that name, as Fivetran makes; the schemas for partitions, evidence and the shape of Fivetran are named after it; set it before the first start',
  ),
  optional(
    'SYNC_SCHEMA',
    '`SCHEMA` and `_sync`',
    'schema for the ledger; set it before the first start',
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

/** Programs agree on these names, but not on their case: lower case comes first. */
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
  plain(
    'RECONCILE_SCHEDULE',
    '30 3 * * 0',
    'when `serve` compares 24 random hours of each log with Zendesk: cron, UTC; `off` switches it off; see [Reconcile](operations.md#reconcile)',
  ),
  retentionSetting,
  sourceErasureSetting,
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
  ...httpSettings,
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
  optional(
    'EVIDENCE_URL',
    '–',
    'bucket of S3 that the sealed log is written to, such as `s3://acme-evidence/zendesk`; needs the rights to put and to get objects alone',
  ),
  optional('AWS_ACCESS_KEY_ID', '–', 'for `EVIDENCE_URL` and `ARCHIVE_URL`: identifier of the key'),
  secret('AWS_SECRET_ACCESS_KEY', '–', 'for `EVIDENCE_URL` and `ARCHIVE_URL`: the key'),
  secret(
    'AWS_SESSION_TOKEN',
    '–',
    'for `EVIDENCE_URL` and `ARCHIVE_URL`: token of a key that lasts for a time',
  ),
  plain('AWS_REGION', 'us-east-1', 'for `EVIDENCE_URL` and `ARCHIVE_URL`: region of the bucket'),
  optional(
    'AWS_ENDPOINT_URL',
    'AWS',
    'for `EVIDENCE_URL` and `ARCHIVE_URL`: address of another service that speaks S3, such as `https://s3.acme.example`',
  ),
  optional(
    'WITNESS_URL',
    '–',
    'addresses of witnesses that cosign the checkpoints of the sealed log (C2SP tlog-witness), separated by commas',
  ),
  optional('WITNESS_KEY', '–', 'verifier keys of these witnesses, in the same order'),
  optional(
    'TSA_URL',
    '–',
    'address of a time stamp authority (RFC 3161) that stamps the checkpoints',
  ),
  optional(
    'TSA_CA_FILE',
    'any certificate',
    'certificates in PEM to which that of the time stamp authority must lead',
  ),
  optional(
    'ANCHOR_FILE',
    '–',
    'file to which a line with the newest checkpoint is appended, best on another machine',
  ),
  plain(
    'ANCHOR_EVERY',
    '1h',
    'how often a checkpoint goes to the witnesses, the time stamp authority, `ANCHOR_FILE` and the log of the program',
  ),
  plain(
    'VERIFY_SCHEDULE',
    '17 2 * * *',
    'when `serve` verifies the history against its sealed log: cron, UTC; `off` switches it off; see [Evidence](evidence.md#at-set-times)',
  ),
  plain(
    'VERIFY_DEEP_SCHEDULE',
    '41 3 * * 0',
    'when it also reads every row: cron, UTC; `off` switches it off',
  ),
  ...archiveSettings,
  secret(
    'HEARTBEAT_URL',
    '–',
    'URL to call (GET) when a run succeeds, with `/start` when it begins and `/fail` when it fails, as healthchecks.io expects',
  ),
  ...alertTable,
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

/** The names of the settings that do not belong to a single stream. */
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
    ...budgets.flatMap(({ setting: { name, requestsPerMinute, meaning }, share }) =>
      share === undefined
        ? [plain(name, String(requestsPerMinute), meaning)]
        : [plain(share.name, String(share.usual), share.meaning), optional(name, '–', meaning)],
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
