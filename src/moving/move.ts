/**
 * Moves an account from one database to another. After any interruption, the next run continues: nothing is deleted before
 * everything was copied, read again, and found to agree with the sealed log.
 */
import type { Database, Queryable } from '../database/client.ts';
import { findPending } from '../database/migrate.ts';
import { createPartitionKeeper } from '../database/partitions.ts';
import { KnownError } from '../errors.ts';
import type { LogStream } from '../streams/stream.ts';
import { clearAccount } from './clear.ts';
import { checkPart, copyPart, type Move } from './copy.ts';
import { listParts, type Part } from './parts.ts';
import { beginMove, endMove, hasAccount, loadMove, type MoveState, type Names } from './states.ts';
import { listMovedTables, type MovedTable } from './tables.ts';

/** What to move, and how to report progress. */
export type MoveTask = Names & {
  readonly account: string;
  readonly source: Database;
  readonly target: Database;
  readonly logs: readonly LogStream[];
  /** Reads everything of the account in a database and compares it with the sealed log: a sentence for each finding. */
  readonly verify: (db: Database, name: string) => Promise<readonly string[]>;
  /** Called with the current step, and with how many rows of how many are done if that is known. */
  readonly report: (step: Step, done?: number, of?: number) => void;
  readonly signal: AbortSignal;
};

/** What a move does, one after the other. */
export type Step = 'counting' | 'copying' | 'comparing' | 'verifying' | 'deleting';

/** What has moved: rows by table, without tables that have none. */
type Moved = { readonly tables: readonly MovedRows[]; readonly rows: number };
type MovedRows = { readonly table: string; readonly rows: number };

function fail(found: string, wayOut: string): KnownError {
  return new KnownError('move_failed', { found, wayOut });
}

/** What would move. Changes nothing. @throws {KnownError} `move_failed` if it cannot move */
export async function planMove(task: MoveTask): Promise<Moved> {
  await checkFit(task);
  await findMove(task);
  return describe(await listEveryPart(task));
}

/** Moves the account. @throws {KnownError} `move_failed` where it cannot; then it can be run again */
export async function moveAccount(task: MoveTask): Promise<Moved> {
  const { account, source, target, from, to, report } = task;
  await checkFit(task);
  const found = await findMove(task);
  if (found === undefined) await sweepTarget(task);
  const id = found?.move ?? (await beginMove(task, account, task));
  const move: Move = { account, move: id, source, target };
  let moved: Moved = { tables: [], rows: 0 };
  if (found?.state !== 'left') {
    report('counting');
    const parts = await listEveryPart(task);
    moved = describe(parts);
    await copyAll(move, parts, task);
    report('verifying');
    await verifyArrived(task);
  }
  await endMove(move, { from, to });
  await clearAccount(source, account, id, await listMovedTables(source, task.logs), () =>
    report('deleting'),
  );
  await source.query(
    `update zendesk_sync.moves set cleared_at = now() where account = $1 and move = $2`,
    [account, id],
  );
  await target.query('delete from zendesk_sync.move_parts where account = $1', [account]);
  return moved;
}

/** Undoes a move that has not ended: what was copied is deleted, and the account stays where it is. */
export async function cancelMove(task: MoveTask): Promise<void> {
  const { account, source, target, from, to, logs } = task;
  const found = await loadMove(source, account);
  if (found?.state !== 'leaving')
    throw fail(
      `No move of ${account} from ${from} to ${to} is under way`,
      'Leave out --cancel to move it',
    );
  const arriving = await loadMove(target, account);
  if (arriving?.move === found.move) {
    await clearAccount(target, account, found.move, await listMovedTables(target, logs), () =>
      task.report('deleting'),
    );
    await target.query('delete from zendesk_sync.moves where account = $1 and move = $2', [
      account,
      found.move,
    ]);
  }
  await source.query('delete from zendesk_sync.moves where account = $1 and move = $2', [
    account,
    found.move,
  ]);
}

async function copyAll(
  move: Move,
  parts: readonly Part[],
  { target, report, signal }: MoveTask,
): Promise<void> {
  const ensurePartitions = createPartitionKeeper(target);
  const total = parts.reduce((sum, { rows }) => sum + rows, 0);
  for (const [step, work] of [
    ['copying', (part: Part) => copyPart(move, part, ensurePartitions)],
    ['comparing', (part: Part) => checkPart(move, part)],
  ] as const) {
    let done = 0;
    for (const part of parts) {
      signal.throwIfAborted();
      report(step, done, total);
      await work(part);
      done += part.rows;
    }
  }
  signal.throwIfAborted();
}

/** What the verification finds where the account came to it must find where it was too: the rows are the same. */
async function verifyArrived(task: MoveTask): Promise<void> {
  const { account, source, target, from, to, verify } = task;
  const findings = await verify(target, to);
  if (findings.length === 0) return;
  const former = new Set(await verify(source, from));
  const [first, ...others] = findings.filter((sentence) => !former.has(sentence));
  if (first === undefined) return;
  throw fail(
    `The history of ${account} in ${to} is not what was sealed: ${first}${others.length === 0 ? '' : ` (and ${others.length} more)`}. Nothing was deleted in ${from}`,
    'Find out what writes there, undo the move with --cancel, and begin again',
  );
}

async function listEveryPart({ source, account, logs }: MoveTask): Promise<readonly Part[]> {
  const parts: Part[] = [];
  for (const table of await listMovedTables(source, logs))
    parts.push(...(await listParts(source, account, table)));
  return parts;
}

function describe(parts: readonly Part[]): Moved {
  const tables = Map.groupBy(parts, ({ table }) => table.name);
  const sums = [...tables].map(([table, own]) => ({
    table,
    rows: own.reduce((sum, { rows }) => sum + rows, 0),
  }));
  return {
    tables: sums.filter(({ rows }) => rows > 0),
    rows: sums.reduce((sum, { rows }) => sum + rows, 0),
  };
}

/** The move that was begun; undefined where a new one may begin. */
async function findMove(task: MoveTask): Promise<MoveState | undefined> {
  const { account, source, target, from, to, logs } = task;
  const state = await loadMove(source, account);
  if (state?.state === 'leaving' || state?.state === 'left') {
    if (state.other === to) return state;
    throw state.state === 'left'
      ? fail(`${account} was moved from ${from} to ${state.other}`, `Move it from there`)
      : fail(
          `${account} is being moved from ${from} to ${state.other}`,
          `Finish that with --to ${state.other}, or undo it with --to ${state.other} --cancel`,
        );
  }
  if (state?.state === 'arriving')
    throw fail(
      `${account} has not arrived in ${from} yet: it is being moved there from ${state.other}`,
      `Finish that with --to ${from}`,
    );
  if (!(await hasAccount(source, account)))
    throw fail(`${from} has nothing of ${account}`, 'Check the name of the account');
  const there = await loadMove(target, account);
  if (there?.state === 'left' && !there.isCleared)
    throw fail(
      `Rows of ${account} are left in ${to} from its move to ${there.other}`,
      `Run the move to ${there.other} again, which deletes them`,
    );
  if (there?.state !== 'left')
    await checkEmpty(target, account, to, await listMovedTables(target, logs));
  return undefined;
}

/**
 * Deletes what processes with old settings have noted of an account after it had left, such as runs that failed. It is no
 * history: that is refused there.
 */
async function sweepTarget({ target, account, logs, report }: MoveTask): Promise<void> {
  const former = await loadMove(target, account);
  if (former?.state === 'left')
    await clearAccount(target, account, former.move, await listMovedTables(target, logs), () =>
      report('deleting'),
    );
}

async function checkEmpty(
  target: Queryable,
  account: string,
  to: string,
  tables: readonly MovedTable[],
): Promise<void> {
  for (const { name, isPermanent } of tables) {
    if (isPermanent) continue;
    const found = await target.query(`select from ${name} where account = $1 limit 1`, [account]);
    if (found.length > 0)
      throw fail(
        `${to} has rows of ${account} already, in ${name}`,
        'An account can only move where it has none: was it pulled there by mistake?',
      );
  }
}

/** A clock that is behind would put entries of the sealed log before those that are there. */
const mostSeconds = 30;

async function checkFit({ source, target, from, to }: MoveTask): Promise<void> {
  const clocks: number[] = [];
  for (const [db, name] of [
    [source, from],
    [target, to],
  ] as const) {
    const pending = await findPending(db);
    if (pending.length > 0)
      throw fail(
        `${name} lacks ${pending.length === 1 ? 'a migration' : `${pending.length} migrations`} of this program`,
        `Run "migrate --database ${name}" first`,
      );
    const [found] = await db.query<{ owns: boolean; seconds: number }>(
      `select pg_has_role(c.relowner, 'usage') as owns, extract(epoch from clock_timestamp())::float8 as seconds
       from pg_class c where c.oid = 'zendesk_sync.moves'::regclass`,
    );
    if (found?.owns !== true)
      throw fail(
        `The user of ${name} does not own its tables`,
        'Use the owner, who also runs "migrate"',
      );
    clocks.push(found.seconds);
  }
  const [one = 0, other = 0] = clocks;
  if (Math.abs(one - other) > mostSeconds)
    throw fail(
      `The clocks of ${from} and ${to} differ by ${Math.round(Math.abs(one - other))} seconds`,
      'Set them right first: the sealed log tells when something was written',
    );
}
