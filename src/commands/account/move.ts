import type { LocalConfig } from '../../config/config.ts';
import type { LocalPlace } from '../../config/every-account.ts';
import { longLimitMs, type Database } from '../../database/client.ts';
import { migrateDatabase } from '../../database/migrate.ts';
import { refuseInput } from '../../errors.ts';
import { verifyRecorded } from '../../evidence/verification/recorded.ts';
import { describeHolder, type Connections } from '../../ingest/session.ts';
import type { Log } from '../../logger.ts';
import { cancelMove, moveAccount, planMove, type MoveTask, type Step } from '../../moving/move.ts';
import { hasAccount, loadMove } from '../../moving/states.ts';
import { listLogs } from '../../streams/registry.ts';
import { findArchivedRows } from '../archive/rows.ts';
import type { CommandContext } from '../context.ts';
import { nameOfDatabase } from '../databases.ts';
import type { MoveFlags } from '../definitions/account-move.ts';
import { collectOutsideOf } from '../outside.ts';
import { withDatabase } from '../session.ts';
import { showLines } from '../terminal/display.ts';
import { renderTable } from '../terminal/table.ts';
import { formatNumber } from '../terminal/words.ts';
import { findOwnKey } from '../verification/own-key.ts';

/** Brings an account into another database. @returns the status of the program */
export async function runMove(
  context: CommandContext,
  account: string,
  { to, dryRun = false, cancel = false }: MoveFlags,
): Promise<number> {
  if (dryRun && cancel)
    throw refuseInput(['--dry-run and --cancel are both set. Leave out one of them.']);
  const places = context.readPlaces({});
  const target = places.find(({ config }) => nameOfDatabase(config) === to);
  if (target === undefined) throw refuseDatabase(places, to);
  const log = context.openLog(target.config);
  const open = <T>({ config }: LocalPlace, work: (opened: Connections) => Promise<T>): Promise<T> =>
    withDatabase(config, log, context.signal, work, longLimitMs);
  return open(target, async (there) => {
    if (!dryRun) await migrate(context, log, there);
    for (const place of sortPlaces(places, target, account)) {
      const from = nameOfDatabase(place.config) ?? '';
      const status = await open(place, async (here) => {
        if (!(await isThere(here.db, account, to))) return undefined;
        if (!dryRun) await migrate(context, log, here);
        return carryOut(
          context,
          { account, from, to, here, there, config: place.config },
          dryRun,
          cancel,
        );
      });
      if (status !== undefined) return status;
    }
    if ((await loadMove(there.db, account))?.state === 'arrived') {
      context.print(`${account} is in ${to} already.`);
      return 0;
    }
    throw refuseInput([
      `No other database than ${to} has anything of the account ${JSON.stringify(account)}. Check its name, or pull it first.`,
    ]);
  });
}

function refuseDatabase(places: readonly LocalPlace[], to: string): Error {
  const names = places.flatMap(({ config }) => nameOfDatabase(config) ?? []);
  return refuseInput([
    names.length === 0
      ? 'The settings have one database. List the databases in ACCOUNTS_FILE to move an account from one to another; see docs/settings.md.'
      : `--to is ${JSON.stringify(to)}, which the settings do not have. Use ${names.join(', ')}.`,
  ]);
}

/** The other databases: first that which the settings name for the account, if it is another one. */
function sortPlaces(
  places: readonly LocalPlace[],
  target: LocalPlace,
  account: string,
): readonly LocalPlace[] {
  const names = ({ accounts = [] }: LocalPlace): boolean => accounts.includes(account);
  return places
    .filter((place) => place !== target)
    .toSorted((a, b) => Number(names(b)) - Number(names(a)));
}

/** Whether an account can come from a database, or has not left it completely. */
async function isThere(db: Database, account: string, to: string): Promise<boolean> {
  const [found] = await db.query<{ has: boolean }>(
    `select to_regclass('zendesk_sync.streams') is not null as has`,
  );
  if (found?.has !== true) return false;
  const [moves] = await db.query<{ has: boolean }>(
    `select to_regclass('zendesk_sync.moves') is not null as has`,
  );
  const state = moves?.has === true ? await loadMove(db, account) : undefined;
  if (state?.state === 'left') return state.other === to && !state.isCleared;
  return state?.state === 'leaving' || hasAccount(db, account);
}

async function migrate({ signal }: CommandContext, log: Log, { url }: Connections): Promise<void> {
  const report = (sentence: string): void => log.warn({}, sentence);
  await migrateDatabase(url, { signal, report });
}

/** Both ends of a move. */
type Ends = {
  readonly account: string;
  readonly from: string;
  readonly to: string;
  readonly here: Connections;
  readonly there: Connections;
  readonly config: LocalConfig;
};

const words: Readonly<Record<Step, string>> = {
  counting: 'counting the rows',
  copying: 'copying',
  comparing: 'comparing what was copied',
  verifying: 'verifying the history against its sealed log',
  deleting: 'deleting the rows where they were',
};

async function carryOut(
  context: CommandContext,
  { account, from, to, here, there, config }: Ends,
  dryRun: boolean,
  cancel: boolean,
): Promise<number> {
  let line = `${account}: looking it up`;
  const task: MoveTask = {
    account,
    from,
    to,
    source: here.db,
    target: there.db,
    logs: listLogs(context.streams),
    verify: (db) => verify(context, db, config, account),
    report(step, done, of) {
      const share =
        done === undefined || of === undefined
          ? ''
          : `, ${formatNumber(done)} of ${formatNumber(of)} rows`;
      line = `${account}: ${words[step]}${share}`;
    },
    signal: context.signal,
  };
  if (dryRun) {
    const { tables, rows } = await planMove(task);
    const table = renderTable(
      ['Table', 'Rows'],
      tables.map((each) => [each.table, formatNumber(each.rows)]),
      [1],
    );
    context.print(
      `${table}\n${formatNumber(rows)} rows of ${account} would move from ${from} to ${to}. Meanwhile it is not pulled.`,
    );
    return 0;
  }
  const end = showLines(context, { terminalMs: 500, plainMs: 5000 }, () => [line]);
  try {
    if (cancel) await cancelMove(task);
    else await moveAccount(task);
  } finally {
    end();
  }
  context.print(
    cancel
      ? `The move of ${account} to ${to} is undone. It is in ${from} as before.`
      : `${account} was moved from ${from} to ${to}, and verified there. Set database: ${to} for it in ACCOUNTS_FILE, and start the processes again.`,
  );
  return 0;
}

/** Reads every row of the account, and compares it with its sealed log: a sentence for each finding. */
async function verify(
  context: CommandContext,
  db: Database,
  config: LocalConfig,
  account: string,
): Promise<readonly string[]> {
  const { signal } = context;
  const { unreached, anchors, findings } = await collectOutsideOf(db, account, config, [], signal);
  for (const sentence of unreached) context.printError(sentence);
  const result = await verifyRecorded(
    db,
    {
      account,
      streams: listLogs(context.streams),
      isWhole: true,
      deep: true,
      span: undefined,
      anchors,
      outside: findings,
      keys: findOwnKey(config.evidence, account),
      archive: await findArchivedRows(db, config, account, signal),
      report() {},
      signal,
    },
    { holder: describeHolder(), resumes: true, tell: context.printError },
  );
  signal.throwIfAborted();
  return (result?.findings ?? []).map(({ sentence }) => sentence);
}
