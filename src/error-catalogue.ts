/**
 * Every error that this program knows, by its code: what it means, what to do about it in general, and what follows from
 * it. Codes are labels of metrics and rows of tables, so one that was released keeps its meaning. `docs/errors.md` is
 * generated from here.
 */

/** What follows from an error, wherever it comes up. The text is for the operator. */
export const effects = {
  stream_unavailable:
    'The run fails with [refusal_unconfirmed](#refusal_unconfirmed) until Zendesk has refused the stream for two minutes. Then the stream is marked as unavailable and asked for again an hour later. The other streams go on.',
  login_refused:
    'The run fails. The metric `zendesk_log_sync_authorized` is 0 until a run of the stream ends in another way.',
  span_restarted:
    'The span is read again from its start, once. If that fails as well, the run reads the other spans and fails at its end.',
  span_dropped:
    'The run reads the other spans and fails at its end. The next run reads this span from its start.',
  span_postponed:
    'The run reads the other spans and fails at its end. The next run goes on in this span where this one stopped.',
  record_quarantined:
    'The record goes into `zendesk_sync.quarantine`, and its neighbours are stored. Another version of the program tries it again by itself.',
  run_failed: 'The run or the command fails. The next run goes on where this one stopped.',
  run_repeated:
    'The run fails, and another one plans anew from what the database says: at once, up to three times, and with the next tick.',
  run_interrupted:
    'The run ends as interrupted. The next run, here or in another process, goes on where it stopped.',
  run_skipped: 'Nothing is done.',
  not_sealed:
    'Pulling goes on. What happens to the history waits in `zendesk_evidence.pending` until it can be sealed; that is tried every few seconds.',
  command_failed: 'The command ends with status 1.',
  input_refused: 'The program ends with status 2 and has changed nothing.',
  nothing_wrong: 'The command ends with status 0.',
} as const;

/** The name of what follows from an error. */
export type Effect = keyof typeof effects;

/** Where an error comes from. */
export type ErrorSource = 'zendesk' | 'database' | 'run' | 'command';

type Entry = {
  readonly source: ErrorSource;
  readonly effect: Effect;
  /** What happened, in a sentence. */
  readonly meaning: string;
  /** What to do in general, in a sentence or two; the error itself is often more precise. */
  readonly wayOut: string;
};

const subdomain = 'Check `ZENDESK_SUBDOMAIN` and `ZENDESK_BASE_URL`.';
const noAction = 'Nothing; it passes by itself.';

/** The catalogue, in the order of the document. */
export const errorCatalogue = {
  unauthorized: {
    source: 'zendesk',
    effect: 'login_refused',
    meaning: 'Zendesk refuses the credentials (401), also after a new token was minted.',
    wayOut: 'Replace the token, or set `ZENDESK_CLIENT_ID` and `ZENDESK_CLIENT_SECRET`.',
  },
  client_refused: {
    source: 'zendesk',
    effect: 'login_refused',
    meaning: 'Zendesk gives the OAuth client no token.',
    wayOut:
      'Check `ZENDESK_CLIENT_ID` and `ZENDESK_CLIENT_SECRET`, and that the client is confidential.',
  },
  scope_not_granted: {
    source: 'zendesk',
    effect: 'login_refused',
    meaning: 'Zendesk does not grant the OAuth client the scope that was asked for.',
    wayOut: 'Allow the scope for the client, or change `ZENDESK_OAUTH_SCOPE`.',
  },
  login_needed: {
    source: 'zendesk',
    effect: 'login_refused',
    meaning:
      'There is no refresh token, or Zendesk does not accept it any more: it has expired, was revoked, or was used and its answer lost. A refused one is tried again an hour later.',
    wayOut: 'Log in again with the command `login`.',
  },
  token_endpoint_unknown: {
    source: 'zendesk',
    effect: 'login_refused',
    meaning: 'No token endpoint answers at the address of the account (404).',
    wayOut: subdomain,
  },
  scope_missing: {
    source: 'zendesk',
    effect: 'stream_unavailable',
    meaning: 'The token lacks the scope that the endpoint needs (403).',
    wayOut: 'Allow the scope for the OAuth client and set `ZENDESK_OAUTH_SCOPE` to it.',
  },
  role_missing: {
    source: 'zendesk',
    effect: 'stream_unavailable',
    meaning: 'The user whose credentials are used does not have the role that the endpoint needs.',
    wayOut: 'Give the role to that user.',
  },
  plan_missing: {
    source: 'zendesk',
    effect: 'stream_unavailable',
    meaning: 'Zendesk refuses the endpoint (403), which only some plans have.',
    wayOut: 'Check the plan of the account, and the role of the user.',
  },
  add_on_missing: {
    source: 'zendesk',
    effect: 'stream_unavailable',
    meaning: 'Zendesk refuses the endpoint (403), which needs an add-on that is switched on.',
    wayOut: 'Check the add-on and the role of the user, and switch the endpoint on.',
  },
  endpoint_unknown: {
    source: 'zendesk',
    effect: 'stream_unavailable',
    meaning: 'The account does not have the endpoint (404).',
    wayOut: 'Check the plan and the add-ons of the account.',
  },
  refusal_unconfirmed: {
    source: 'run',
    effect: 'run_failed',
    meaning:
      'Zendesk refuses the stream (403, 404), but not for as long as two minutes yet: a fault of a moment looks the same.',
    wayOut:
      'Nothing yet: the next run asks again. If it stays, the code changes to what is missing.',
  },
  account_suspended: {
    source: 'zendesk',
    effect: 'stream_unavailable',
    meaning: 'Zendesk says that the account is suspended, expired or cancelled.',
    wayOut: 'Let the owner of the account look at the billing, or ask the support of Zendesk.',
  },
  account_unknown: {
    source: 'zendesk',
    effect: 'stream_unavailable',
    meaning: 'Zendesk has no account at the address (404).',
    wayOut: subdomain,
  },
  address_unknown: {
    source: 'zendesk',
    effect: 'span_postponed',
    meaning: 'What answers at the address is not Zendesk (404), also after all attempts.',
    wayOut: `${subdomain} Look for a proxy that answers instead.`,
  },
  record_unknown: {
    source: 'zendesk',
    effect: 'stream_unavailable',
    meaning: 'The endpoint answers, and the one record asked for does not exist (404).',
    wayOut: 'Check the id.',
  },
  cursor_refused: {
    source: 'zendesk',
    effect: 'span_restarted',
    meaning: 'Zendesk does not accept the cursor of the page before (400, 404, 410, 422).',
    wayOut: noAction,
  },
  walk_stuck: {
    source: 'zendesk',
    effect: 'span_restarted',
    meaning: 'The pages repeat themselves or stay empty, though Zendesk says that there are more.',
    wayOut: 'If it stays, ask the support of Zendesk with the request id.',
  },
  filter_ignored: {
    source: 'zendesk',
    effect: 'span_dropped',
    meaning:
      'Zendesk answers with records of other times, or with other people, than were asked for. They are not proof of anything, so nothing counts as covered by them.',
    wayOut: 'If it stays, ask the support of Zendesk with the request id.',
  },
  request_rejected: {
    source: 'zendesk',
    effect: 'span_dropped',
    meaning: 'Zendesk rejects the request itself (4xx), so repeating it cannot help.',
    wayOut: 'Report it to whoever maintains this program, with the words of Zendesk.',
  },
  redirected: {
    source: 'zendesk',
    effect: 'span_postponed',
    meaning:
      'The answer is a redirect, also after all attempts. It is not followed: credentials go to the configured origin only.',
    wayOut: subdomain,
  },
  no_usable_answer: {
    source: 'zendesk',
    effect: 'span_postponed',
    meaning:
      'No usable answer came after all attempts: network, 5xx, an answer that is broken, or a refusal that is not in the form of Zendesk.',
    wayOut:
      'Check the network, the proxies on the way and the status page of Zendesk; the next run tries again.',
  },
  rate_limited: {
    source: 'zendesk',
    effect: 'span_postponed',
    meaning: 'Zendesk went on answering 429 after each pause that it had asked for.',
    wayOut:
      'Lower `ACCESS_LOGS_REQUESTS_PER_MINUTE` or `SUPPORT_REQUESTS_PER_MINUTE`, or find out what else uses up the limit.',
  },
  certificate_untrusted: {
    source: 'zendesk',
    effect: 'span_postponed',
    meaning: 'The certificate at the address of Zendesk is not trusted, so nothing was sent.',
    wayOut: 'Check `ZENDESK_BASE_URL`, or trust the issuer with `NODE_EXTRA_CA_CERTS`.',
  },
  proxy_unreachable: {
    source: 'zendesk',
    effect: 'span_postponed',
    meaning: 'The proxy that `HTTPS_PROXY` or `HTTP_PROXY` names cannot be reached.',
    wayOut: 'Check `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.',
  },
  proxy_refused: {
    source: 'zendesk',
    effect: 'span_postponed',
    meaning:
      'The proxy does not connect to Zendesk: it wants other credentials (407), or does not allow the host (403). Zendesk itself was not asked.',
    wayOut:
      'Check the user and password in `HTTPS_PROXY`, and ask whoever runs the proxy to allow the host.',
  },
  record_unreadable: {
    source: 'run',
    effect: 'record_quarantined',
    meaning: 'A record has no usable id or time, or is no JSON that can be read.',
    wayOut:
      'Look at it with `quarantine show`. Look for a newer version of this program, or report it to the support of Zendesk.',
  },
  record_refused: {
    source: 'run',
    effect: 'record_quarantined',
    meaning: 'Postgres does not take the row of a record; the SQLSTATE says why.',
    wayOut:
      'Look at it with `quarantine show`. Look for a newer version of this program, or report it to whoever maintains it.',
  },
  records_unusable: {
    source: 'run',
    effect: 'span_dropped',
    meaning:
      'Most records of a page cannot be stored: the format has changed, so that nothing is said about the page.',
    wayOut: 'Look for a newer version of this program.',
  },
  export_too_soon: {
    source: 'zendesk',
    effect: 'command_failed',
    meaning: 'Zendesk accepts one export of the audit log a minute, and this was the second.',
    wayOut: 'Ask again a minute later.',
  },
  export_uncertain: {
    source: 'zendesk',
    effect: 'command_failed',
    meaning: 'No usable answer came, so it is not known whether Zendesk has accepted the export.',
    wayOut: 'Look for the e-mail of Zendesk before you ask again.',
  },
  database_unreachable: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'There is no connection to Postgres, or it was lost.',
    wayOut: 'Check that Postgres runs and that `DATABASE_URL` points to it.',
  },
  connections_used_up: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'Postgres accepts no more connections.',
    wayOut: 'Raise `max_connections` of the server, or close connections that nobody uses.',
  },
  database_untrusted: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'The certificate of the Postgres server is not trusted.',
    wayOut:
      'Trust its issuer with `NODE_EXTRA_CA_CERTS`, or name its certificate in `DATABASE_URL`: `sslrootcert=/path/to/ca.pem`.',
  },
  database_without_tls: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'The Postgres server does not speak TLS, which `sslmode` insists on.',
    wayOut: 'Switch TLS on at the server, or set `sslmode=prefer` in `DATABASE_URL`.',
  },
  database_requires_tls: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'The Postgres server takes connections with TLS only, and `sslmode` forbids it.',
    wayOut: 'Set `sslmode=require`, or better `verify-full`, in `DATABASE_URL`.',
  },
  database_url_unusable: {
    source: 'database',
    effect: 'input_refused',
    meaning:
      'A file that `DATABASE_URL` names (`sslrootcert`, `sslcert`, `sslkey`) cannot be used.',
    wayOut: 'Check the path, its permissions, and that it is in PEM.',
  },
  user_refused: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'Postgres does not let the user in.',
    wayOut: 'Correct the user in `DATABASE_URL`, or let it in by `pg_hba.conf`.',
  },
  password_refused: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'Postgres refuses the password, or does not know the user.',
    wayOut: 'Correct the password in `DATABASE_URL`.',
  },
  password_missing: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'The Postgres server asks for a password, and `DATABASE_URL` has none.',
    wayOut: 'Add the password to `DATABASE_URL`.',
  },
  database_missing: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'The Postgres server has no such database.',
    wayOut: 'Create that database (`create database … encoding UTF8`), or correct `DATABASE_URL`.',
  },
  database_read_only: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'Postgres takes no rows: it is a standby, or the user is set to read only.',
    wayOut:
      'Point `DATABASE_URL` to the primary, or name all servers and add `target_session_attrs=read-write`; `doctor` says more.',
  },
  privilege_missing: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'The user of the database may not do what is needed.',
    wayOut: 'Connect as the owner of the tables; `doctor` says what is missing.',
  },
  database_full: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'The disk of the Postgres server is full.',
    wayOut: 'Make room on the disk.',
  },
  database_slow: {
    source: 'database',
    effect: 'command_failed',
    meaning: 'Postgres did not answer a question of the HTTP server in time.',
    wayOut: 'Look for what keeps Postgres busy.',
  },
  database_refused: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'Postgres refused a statement for another reason; the SQLSTATE says which.',
    wayOut: 'Look into the log of the Postgres server.',
  },
  tables_missing: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'The database does not have the tables of this version of the program.',
    wayOut:
      'Run `migrate` or `sync`. If that changes nothing, somebody has dropped or renamed a table: `doctor` says which.',
  },
  key_missing: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'Somebody has dropped the primary key of a table, so that no rows can be stored.',
    wayOut: 'Run `doctor`: it names the table and the statement that makes the key again.',
  },
  database_unsuitable: {
    source: 'database',
    effect: 'input_refused',
    meaning: 'The Postgres server is too old, or the database is not in UTF8.',
    wayOut: 'Point `DATABASE_URL` to a database with the encoding UTF8 on Postgres 15 to 18.',
  },
  database_newer: {
    source: 'database',
    effect: 'input_refused',
    meaning: 'A newer version of this program has migrated the database.',
    wayOut: 'Start that version, or restore a backup from before the upgrade.',
  },
  migrations_differ: {
    source: 'database',
    effect: 'input_refused',
    meaning:
      'The database has other migrations than this program, or the file of one was edited after it was applied.',
    wayOut:
      'Start the version that migrated the database, or restore the file; put changes into a new migration.',
  },
  objects_in_the_way: {
    source: 'database',
    effect: 'input_refused',
    meaning:
      'A view or function of this program has to be dropped for the new version, and others depend on it.',
    wayOut: 'Keep their definitions, drop them, run `migrate`, and create them again.',
  },
  migration_blocked: {
    source: 'database',
    effect: 'command_failed',
    meaning:
      'Others held locks on the tables for five minutes, or another process was migrating for as long.',
    wayOut: 'Let the sessions end that the error names, then run `migrate`.',
  },
  embedded_unusable: {
    source: 'database',
    effect: 'input_refused',
    meaning: 'The embedded Postgres cannot run here: its directory, its programs or this platform.',
    wayOut: 'Choose another `DATA_DIR`, or set `DATABASE_URL` to a Postgres server.',
  },
  embedded_failed: {
    source: 'database',
    effect: 'command_failed',
    meaning: 'The embedded Postgres did not start or does not answer.',
    wayOut: 'Read `postgres.log` in `DATA_DIR`.',
  },
  statement_refused: {
    source: 'command',
    effect: 'command_failed',
    meaning: 'Postgres refuses a statement that was given to `sql`.',
    wayOut:
      'Correct it at the place that the error names, or add `--write` where it is to change something.',
  },
  lease_lost: {
    source: 'run',
    effect: 'run_failed',
    meaning: 'Another process has taken over, because this one had stood still for too long.',
    wayOut: 'Nothing; the other process goes on with the work.',
  },
  history_changed: {
    source: 'database',
    effect: 'run_repeated',
    meaning:
      'The database does not have what was stored in it before: it went back to an earlier state, as after a failover to a replica that lacked the last transactions, or after a restore.',
    wayOut:
      'Nothing for the logs: what was lost is read again where Zendesk still has it. Find out what else of the database was lost.',
  },
  lease_busy: {
    source: 'run',
    effect: 'run_skipped',
    meaning: 'Another process is pulling the stream.',
    wayOut: 'Try again when it has finished, or stop it.',
  },
  sealing_key_differs: {
    source: 'run',
    effect: 'not_sealed',
    meaning: 'The sealed log was begun under another name or with another key.',
    wayOut: 'Give all processes the same `SIGNING_KEY_FILE` and the same `LOG_ORIGIN`.',
  },
  signing_key_not_kept: {
    source: 'run',
    effect: 'not_sealed',
    meaning: 'There is no signing key, and none can be written to the data directory.',
    wayOut: 'Set `SIGNING_KEY_FILE`, or make `DATA_DIR` writable.',
  },
  sealed_log_behind: {
    source: 'run',
    effect: 'not_sealed',
    meaning:
      'The sealed log in the database is shorter than what was published of it: the database went back to an earlier state.',
    wayOut: 'Run `verify` against what was published.',
  },
  rules_replaced: {
    source: 'run',
    effect: 'command_failed',
    meaning: 'Another process has begun to classify the requests by other rules.',
    wayOut: 'Let all processes have the same `ACCESS_RULES_FILE`, and classify again.',
  },
  stopped: {
    source: 'run',
    effect: 'run_interrupted',
    meaning: 'The process was told to stop.',
    wayOut: noAction,
  },
  process_died: {
    source: 'run',
    effect: 'run_interrupted',
    meaning: 'The process of a run has died or was cut off, so the run never ended.',
    wayOut: 'Find out what ended the process; memory and the supervisor come first.',
  },
  process_cannot_write: {
    source: 'run',
    effect: 'run_interrupted',
    meaning: 'The process of a run lives, but Postgres has taken no writes from it for a while.',
    wayOut: 'Look whether the disk of Postgres is full, and into the log of the process.',
  },
  budget_used_up: {
    source: 'run',
    effect: 'run_skipped',
    meaning: 'The request budget leaves no request within the time that `doctor` waits.',
    wayOut: 'Run `doctor` again a minute later.',
  },
  bad_input: {
    source: 'command',
    effect: 'input_refused',
    meaning: 'A setting or an argument is not right; each problem is a line.',
    wayOut: 'Set it right as the line says.',
  },
  authorization_failed: {
    source: 'command',
    effect: 'command_failed',
    meaning:
      'The command `login` got no login: the person refused, nobody answered in time, or Zendesk did not take the code.',
    wayOut: 'Begin again with the command `login`.',
  },
  nothing_pulled: {
    source: 'command',
    effect: 'command_failed',
    meaning: 'There is no database yet, or it holds no account.',
    wayOut: 'Run `sync` or `serve`.',
  },
  output_failed: {
    source: 'command',
    effect: 'command_failed',
    meaning: 'The file or the stream that a report is written to takes no more.',
    wayOut: 'Make room, or choose another `--output`.',
  },
  output_closed: {
    source: 'command',
    effect: 'nothing_wrong',
    meaning: 'Whoever read the output has left, as `head` does.',
    wayOut: noAction,
  },
  program_fault: {
    source: 'command',
    effect: 'run_failed',
    meaning: 'A fault of this program. Its log has the details.',
    wayOut: 'Report it to whoever maintains this program, with the lines of the log.',
  },
} as const satisfies Readonly<Record<string, Entry>>;
