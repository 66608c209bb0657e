/**
 * Every error that this program knows, by its code: what it means, what to do about it in general, and what happens
 * next. Codes are labels of metrics and values in tables, so a released code keeps its meaning. `docs/errors.md` is
 * generated from here.
 */

/** What follows from an error, wherever it appears. The text is for the operator. */
export const effects = {
  stream_unavailable:
    'The run fails with [refusal_unconfirmed](#refusal_unconfirmed) until Zendesk has refused the stream for two minutes. Then the stream is marked as unavailable and tried again an hour later. The other streams continue.',
  login_refused:
    'The run fails. The metric `zendesk_log_sync_authorized` is 0 until a run of the stream ends differently.',
  span_restarted:
    'The span is read again from its start, once. If that fails as well, the run reads the other spans and fails at its end.',
  span_dropped:
    'The run reads the other spans and fails at its end. The next run reads this span from its start.',
  span_postponed:
    'The run reads the other spans and fails at its end. The next run continues in this span where this one stopped.',
  record_quarantined:
    'The record goes into `zendesk_sync.quarantine`, and the records around it are stored. Another version of the program tries it again automatically.',
  run_failed: 'The run or the command fails. The next run continues where this one stopped.',
  run_repeated:
    'The run fails, and another run plans again from the state of the database: immediately, up to three times, and then with the next tick.',
  run_interrupted:
    'The run ends as interrupted. The next run, in this or another process, continues where it stopped.',
  run_skipped: 'The run is skipped.',
  not_sealed:
    'Pulling continues. Changes to the history wait in `zendesk_evidence.pending` until they can be sealed. The program tries this every few seconds.',
  not_anchored:
    'Pulling and sealing continue. The place is tried again after a minute at first, then after longer and longer, up to the usual time between two anchors.',
  command_failed: 'The command exits with status 1.',
  input_refused: 'The program exits with status 2 and has changed nothing.',
  nothing_wrong: 'The command exits with status 0.',
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
const noAction = 'Nothing. It resolves itself.';

/** The catalogue, in the order of the document. */
export const errorCatalogue = {
  unauthorized: {
    source: 'zendesk',
    effect: 'login_refused',
    meaning: 'Zendesk refuses the credentials (401), even after the program got a new token.',
    wayOut: 'Replace the token, or set `ZENDESK_CLIENT_ID` and `ZENDESK_CLIENT_SECRET`.',
  },
  client_refused: {
    source: 'zendesk',
    effect: 'login_refused',
    meaning: 'Zendesk does not give the OAuth client a token.',
    wayOut:
      'Check `ZENDESK_CLIENT_ID` and `ZENDESK_CLIENT_SECRET`, and that the client is confidential.',
  },
  scope_not_granted: {
    source: 'zendesk',
    effect: 'login_refused',
    meaning: 'Zendesk does not grant the OAuth client the requested scope.',
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
    meaning: 'The address of the account has no token endpoint (404).',
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
    meaning:
      'The user whose credentials are used does not have the role that the endpoint requires.',
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
    meaning: 'Zendesk refuses the endpoint (403), which needs an add-on that has been switched on.',
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
      'Zendesk refuses the stream (403, 404), but not yet for two minutes: a temporary fault looks the same.',
    wayOut:
      'Nothing yet: the next run asks again. If it persists, the code changes to the one for what is missing.',
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
    meaning:
      'The server that answers at the address is not Zendesk (404), even after all attempts.',
    wayOut: `${subdomain} Check whether a proxy answers instead.`,
  },
  record_unknown: {
    source: 'zendesk',
    effect: 'stream_unavailable',
    meaning: 'The endpoint works, but the requested record does not exist (404).',
    wayOut: 'Check the id.',
  },
  cursor_refused: {
    source: 'zendesk',
    effect: 'span_restarted',
    meaning: 'Zendesk does not accept the cursor of the previous page (400, 404, 410, 422).',
    wayOut: noAction,
  },
  walk_stuck: {
    source: 'zendesk',
    effect: 'span_restarted',
    meaning: 'The pages repeat or stay empty, although Zendesk says that there are more.',
    wayOut: 'If it persists, contact Zendesk support with the request id.',
  },
  filter_ignored: {
    source: 'zendesk',
    effect: 'span_dropped',
    meaning:
      'Zendesk returns records of another time range, or other people, than requested. They prove nothing, so no time counts as covered because of them.',
    wayOut: 'If it persists, contact Zendesk support with the request id.',
  },
  request_rejected: {
    source: 'zendesk',
    effect: 'span_dropped',
    meaning: 'Zendesk rejects the request itself (4xx), so repeating it cannot help.',
    wayOut: 'Report it to the maintainers of this program, with the message from Zendesk.',
  },
  redirected: {
    source: 'zendesk',
    effect: 'span_postponed',
    meaning:
      'The response is a redirect, even after all attempts. The program does not follow it, because credentials go to the configured origin only.',
    wayOut: subdomain,
  },
  no_usable_answer: {
    source: 'zendesk',
    effect: 'span_postponed',
    meaning:
      'There was no usable response after all attempts: a network error, a 5xx, a broken response, or a refusal that is not in the format of Zendesk.',
    wayOut:
      'Check the network, the proxies in between and the status page of Zendesk. The next run tries again.',
  },
  rate_limited: {
    source: 'zendesk',
    effect: 'span_postponed',
    meaning: 'Zendesk kept answering 429, even after each pause that it asked for.',
    wayOut:
      'Lower `ACCESS_LOGS_REQUESTS_PER_MINUTE` or `SUPPORT_SHARE` (or `SUPPORT_REQUESTS_PER_MINUTE` where you set it), or find out which other program uses up the limit.',
  },
  certificate_untrusted: {
    source: 'zendesk',
    effect: 'span_postponed',
    meaning:
      'The certificate at the address of Zendesk is not trusted, so the program sent nothing.',
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
      'The proxy does not connect to Zendesk: it requires other credentials (407), or does not allow the host (403). The request did not reach Zendesk.',
    wayOut:
      'Check the user and password in `HTTPS_PROXY`, and ask the operator of the proxy to allow the host.',
  },
  record_unreadable: {
    source: 'run',
    effect: 'record_quarantined',
    meaning: 'A record has no usable id or time, or is not valid JSON.',
    wayOut:
      'Look at it with `quarantine show`. Try a newer version of this program, or report it to Zendesk support.',
  },
  record_refused: {
    source: 'run',
    effect: 'record_quarantined',
    meaning: 'Postgres rejects the row of a record; the SQLSTATE says why.',
    wayOut:
      'Look at it with `quarantine show`. Try a newer version of this program, or report it to the maintainers.',
  },
  records_unusable: {
    source: 'run',
    effect: 'span_dropped',
    meaning:
      'Most records of a page cannot be stored: the format has changed, so the page proves nothing.',
    wayOut: 'Try a newer version of this program.',
  },
  export_too_soon: {
    source: 'zendesk',
    effect: 'command_failed',
    meaning: 'Zendesk accepts one export of the audit log per minute, and this was the second one.',
    wayOut: 'Try again in a minute.',
  },
  export_uncertain: {
    source: 'zendesk',
    effect: 'command_failed',
    meaning:
      'There was no usable response, so it is unknown whether Zendesk has accepted the export.',
    wayOut: 'Wait for the e-mail from Zendesk before you try again.',
  },
  database_unreachable: {
    source: 'database',
    effect: 'run_failed',
    meaning:
      'There is no connection to Postgres, or it was lost. The program starts an embedded server again; its log is `postgres.log` in `DATA_DIR`.',
    wayOut: 'Check that Postgres is running and that `DATABASE_URL` points to it.',
  },
  connections_used_up: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'Postgres accepts no more connections.',
    wayOut: 'Raise `max_connections` of the server, or close unused connections.',
  },
  database_untrusted: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'The certificate of the Postgres server is not trusted.',
    wayOut:
      'Trust its issuer with `NODE_EXTRA_CA_CERTS`, or put its certificate into `DATABASE_URL`: `sslrootcert=/path/to/ca.pem`.',
  },
  database_without_tls: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'The Postgres server does not support TLS, which `sslmode` requires.',
    wayOut: 'Switch TLS on at the server, or set `sslmode=prefer` in `DATABASE_URL`.',
  },
  database_requires_tls: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'The Postgres server accepts only connections with TLS, and `sslmode` forbids TLS.',
    wayOut: 'Set `sslmode=require`, or better `verify-full`, in `DATABASE_URL`.',
  },
  database_url_unusable: {
    source: 'database',
    effect: 'input_refused',
    meaning:
      'A file that `DATABASE_URL` names (`sslrootcert`, `sslcert`, `sslkey`) cannot be used.',
    wayOut: 'Check its path and permissions, and that it is a PEM file.',
  },
  user_refused: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'Postgres does not allow the user to connect.',
    wayOut: 'Correct the user in `DATABASE_URL`, or allow it in `pg_hba.conf`.',
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
    meaning: 'The database does not exist on the Postgres server.',
    wayOut: 'Create it (`create database … encoding UTF8`), or correct `DATABASE_URL`.',
  },
  database_read_only: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'Postgres accepts no writes: it is a standby, or the user is read-only.',
    wayOut:
      'Point `DATABASE_URL` to the primary, or list all servers and add `target_session_attrs=read-write`. Run `doctor` for details.',
  },
  privilege_missing: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'The database user does not have the permissions that the program needs.',
    wayOut: 'Connect as the owner of the tables. Run `doctor` to see what is missing.',
  },
  database_full: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'The disk of the Postgres server is full.',
    wayOut: 'Free some space on the disk.',
  },
  database_slow: {
    source: 'database',
    effect: 'command_failed',
    meaning: 'Postgres did not answer a query of the HTTP server in time.',
    wayOut: 'Find out what keeps Postgres busy.',
  },
  database_refused: {
    source: 'database',
    effect: 'run_failed',
    meaning: 'Postgres refused a statement for another reason; the SQLSTATE says which.',
    wayOut: 'Check the log of the Postgres server.',
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
      'Start the version that migrated the database, or restore the file. Put changes into a new migration.',
  },
  schema_taken: {
    source: 'database',
    effect: 'input_refused',
    meaning:
      'The database has a schema of the name that this program needs, with tables of another program, such as `zendesk` of Fivetran.',
    wayOut: 'Set `SCHEMA` to a name that is free, or point `DATABASE_URL` to another database.',
  },
  citus_not_ready: {
    source: 'database',
    effect: 'input_refused',
    meaning:
      '`distribute` was run on a database without the extension Citus, or one of its servers could not do what was asked.',
    wayOut:
      'Create the extension and add the servers, as docs/scale.md says. Nothing else needs it.',
  },
  objects_in_the_way: {
    source: 'database',
    effect: 'input_refused',
    meaning:
      'The new version must drop a view or function of this program, but other objects depend on it.',
    wayOut:
      'Save the definitions of those objects, drop them, run `migrate`, and create them again.',
  },
  migration_blocked: {
    source: 'database',
    effect: 'command_failed',
    meaning:
      'For five minutes, other sessions held locks on the tables, or another process was migrating.',
    wayOut: 'End the sessions that the error names, then run `migrate`.',
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
    meaning: 'Postgres rejects a statement passed to `sql`.',
    wayOut:
      'Correct it at the position that the error shows, or add `--write` if it changes something.',
  },
  lease_lost: {
    source: 'run',
    effect: 'run_failed',
    meaning: 'Another process has taken over, because this one was frozen for too long.',
    wayOut: 'Nothing. The other process continues the work.',
  },
  account_moved: {
    source: 'run',
    effect: 'run_failed',
    meaning:
      '`account move` has moved the account to another database, or is doing so. This process writes nothing of it here.',
    wayOut:
      'Set `database` of the account in `ACCOUNTS_FILE` to the database where it is, and restart the processes. To continue a stopped move, run the same command again.',
  },
  move_failed: {
    source: 'command',
    effect: 'command_failed',
    meaning:
      'An account could not be moved to another database. Nothing is lost: what was copied is checked before anything is deleted.',
    wayOut:
      'The message says what to do. Then run `account move` again; it continues where it stopped. `--cancel` undoes a move that has not ended.',
  },
  history_changed: {
    source: 'database',
    effect: 'run_repeated',
    meaning:
      'The database no longer has something that was stored in it: it went back to an earlier state, for example after a failover to a replica that lacked the last transactions, or after a restore.',
    wayOut:
      'For the logs, nothing: the program reads again what was lost, if Zendesk still has it. Find out what else was lost in the database.',
  },
  lease_busy: {
    source: 'run',
    effect: 'run_skipped',
    meaning: 'Another process is pulling the stream.',
    wayOut: 'Wait until it has finished, or stop it.',
  },
  sealing_key_differs: {
    source: 'run',
    effect: 'not_sealed',
    meaning: 'The sealed log was begun under another name or with another key.',
    wayOut:
      'Give all processes the same `SIGNING_KEY_FILE` and the same `LOG_ORIGIN`. To change the key, run `keys rotate`.',
  },
  signing_key_not_kept: {
    source: 'run',
    effect: 'not_sealed',
    meaning: 'There is no signing key, and none can be written to the data directory.',
    wayOut: 'Set `SIGNING_KEY_FILE`, or make `DATA_DIR` writable.',
  },
  anchor_failed: {
    source: 'run',
    effect: 'not_anchored',
    meaning:
      'A place outside of the database that checkpoints of the sealed log are brought to cannot be reached, or does not accept them.',
    wayOut: 'Do what the error says. `doctor` and `status` show each place.',
  },
  archive_failed: {
    source: 'command',
    effect: 'command_failed',
    meaning:
      'The archive cannot be reached, or has not what was written there, or rows cannot be archived as they are. Nothing is dropped, and no answer is given from a part of the rows.',
    wayOut: 'Do what the error says. `archive verify` checks every object.',
  },
  sealed_log_differs: {
    source: 'run',
    effect: 'not_anchored',
    meaning:
      'A place outside of the database has seen another sealed log under the same name: entries were changed or removed since, or the database was restored from a backup and went on. Or the newest checkpoint in the database is not signed for the tree that stands beside it; then nothing is sealed either.',
    wayOut: 'Run `verify` against what that place has. Nothing there is overwritten.',
  },
  sealed_log_behind: {
    source: 'run',
    effect: 'not_anchored',
    meaning:
      'The sealed log in the database is shorter than what was published of it: the database went back to an earlier state.',
    wayOut:
      'The program takes the missing entries back from `EVIDENCE_DIR` or `EVIDENCE_URL` when it starts. If the error stays, run `verify`.',
  },
  rules_replaced: {
    source: 'run',
    effect: 'command_failed',
    meaning: 'Another process has started to classify the requests by different rules.',
    wayOut: 'Use the same `ACCESS_RULES_FILE` for all processes, and classify again.',
  },
  stopped: {
    source: 'run',
    effect: 'run_interrupted',
    meaning: 'The process got the signal to stop.',
    wayOut: noAction,
  },
  process_died: {
    source: 'run',
    effect: 'run_interrupted',
    meaning: 'The process of a run died or lost its connection, so the run never ended.',
    wayOut: 'Find out what ended the process. Check its memory and the supervisor first.',
  },
  process_cannot_write: {
    source: 'run',
    effect: 'run_interrupted',
    meaning:
      'The process of a run is alive, but Postgres has accepted no writes from it for a while.',
    wayOut: 'Check whether the disk of Postgres is full, and read the log of the process.',
  },
  budget_used_up: {
    source: 'run',
    effect: 'run_skipped',
    meaning: 'The request budget had no request left while `doctor` waited.',
    wayOut: 'Run `doctor` again a minute later.',
  },
  bad_input: {
    source: 'command',
    effect: 'input_refused',
    meaning: 'A setting or an argument is wrong. Each problem is one line.',
    wayOut: 'Correct it as the line says.',
  },
  authorization_failed: {
    source: 'command',
    effect: 'command_failed',
    meaning:
      'The command `login` failed: the person refused, did not answer in time, or Zendesk did not accept the code.',
    wayOut: 'Begin again with the command `login`.',
  },
  nothing_pulled: {
    source: 'command',
    effect: 'command_failed',
    meaning: 'There is no database yet, or it holds no account.',
    wayOut: 'Run `sync` or `serve`.',
  },
  hold_exists: {
    source: 'command',
    effect: 'command_failed',
    meaning: 'There is or was a hold with that name. A name belongs to one hold permanently.',
    wayOut: 'Use another name.',
  },
  hold_unknown: {
    source: 'command',
    effect: 'command_failed',
    meaning: 'There is no hold with that name.',
    wayOut: 'See `hold list`.',
  },
  held: {
    source: 'command',
    effect: 'command_failed',
    meaning: 'A hold keeps what was to be erased. Nothing was erased.',
    wayOut: 'See `hold list`. Release the hold when what it is for is over.',
  },
  not_sealed_yet: {
    source: 'command',
    effect: 'command_failed',
    meaning:
      'Previous versions of rows wait to be sealed, so nothing was dropped or erased: the sealed log must know them first.',
    wayOut: 'Let `serve` or `sync` run for some seconds, and try again.',
  },
  holds_doubtful: {
    source: 'command',
    effect: 'command_failed',
    meaning:
      'The holds in the database are not those that the sealed log knows: somebody has removed, changed or added some. Nothing is dropped or erased until they agree.',
    wayOut: 'Run `verify`, and put `zendesk_sync.holds` back from a backup.',
  },
  output_failed: {
    source: 'command',
    effect: 'command_failed',
    meaning: 'The file or stream of a report cannot be written any further.',
    wayOut: 'Free some space, or choose another `--output`.',
  },
  output_closed: {
    source: 'command',
    effect: 'nothing_wrong',
    meaning: 'The reader of the output has closed it, as `head` does.',
    wayOut: noAction,
  },
  program_fault: {
    source: 'command',
    effect: 'run_failed',
    meaning: 'This program has a bug. Its log has the details.',
    wayOut: 'Report it to the maintainers of this program, with the lines of the log.',
  },
} as const satisfies Readonly<Record<string, Entry>>;
