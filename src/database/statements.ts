/** Statements that a person types: their rows as they arrive, their errors in Postgres's own words, and a way to cancel them. */
import type { Client, QueryResult } from 'pg';
import { foreignCodeOf, KnownError } from '../errors.ts';
import { isLostConnection, isStartupRefused, translateError } from './connection-errors.ts';
import { openLoneConnection } from './lone-connection.ts';
import { streamRows, type RowStream } from './row-stream.ts';
import { nameHere } from './schema-names.ts';
import { sqlstates } from './sqlstates.ts';
import { typeOfColumn, type TypedColumn, type TypedValue } from './typed-values.ts';
import { describeConnection } from './ways.ts';

/** One statement of a text, and the text before it, to compute positions. */
export type Statement = { readonly text: string; readonly before: string };

/** The result of a statement. */
export type Answer = {
  /** Empty for a statement without rows. */
  readonly columns: readonly TypedColumn[];
  /** Can be read once; if reading stops early, the statement is cancelled. */
  readonly rows: AsyncIterable<readonly TypedValue[]>;
  /** Postgres's name for what was done, such as `DELETE 3`; known when all rows are read. */
  readonly tag: () => string;
};

/** A connection for statements, one after the other. */
export type Statements = {
  /**
   * Runs a statement. @throws {KnownError} `statement_refused` with the position in the text, `stopped` when it was
   * cancelled; also while its rows are read
   */
  readonly run: (statement: Statement) => Promise<Answer>;
  /** Ends the running statement, if there is one. */
  readonly cancel: () => Promise<void>;
  /** Whether a pooler does not allow session settings at the start. */
  readonly isPlain: boolean;
  readonly close: () => Promise<void>;
};

/** Where names without a schema are searched. */
export function searchPath(): string {
  return [nameHere('zendesk'), nameHere('zendesk_sync'), 'public'].join(', ');
}

/**
 * Opens a connection at `url`, which is secret. Without `mayWrite` each statement runs in its own read-only transaction;
 * with it, statements run directly in a session with a search path. `notice` gets the notices of Postgres.
 */
export async function openStatements(
  url: string,
  { mayWrite, notice }: { readonly mayWrite: boolean; readonly notice: (text: string) => void },
): Promise<Statements> {
  const { client, isPlain } = await connect(url);
  client.on('notice', ({ message = '' }) => notice(message));
  let running: number | undefined;
  if (mayWrite) await client.query(`set search_path = ${searchPath()}`);

  const begin = async (): Promise<void> => {
    const ask = 'select pg_backend_pid() as pid';
    const text = mayWrite
      ? ask
      : `begin read only; set local search_path = ${searchPath()}; ${ask}`;
    const answers = (await client.query(text)) as unknown as QueryResult | readonly QueryResult[];
    const last = [answers].flat().at(-1) as QueryResult<{ pid: number }> | undefined;
    running = last?.rows[0]?.pid;
  };
  const finish = async (how: 'commit' | 'rollback'): Promise<void> => {
    running = undefined;
    if (!mayWrite) await client.query(how);
  };
  const cancel = async (): Promise<void> => {
    if (running === undefined) return;
    const other = await connect(url);
    await other.client.query('select pg_cancel_backend($1)', [running]).catch(() => {});
    await other.client.end();
  };
  return {
    isPlain,
    cancel,
    async run(statement) {
      try {
        await begin();
        return await readAnswer(streamRows(client, statement.text), statement, cancel, finish);
      } catch (error) {
        await finish('rollback').catch(() => {});
        throw explain(error, statement);
      }
    },
    close: () => client.end(),
  };
}

async function connect(url: string): Promise<{ client: Client; isPlain: boolean }> {
  const plan = describeConnection(url, 'sql');
  const open = async (isPlain: boolean): Promise<{ client: Client; isPlain: boolean }> => ({
    client: await openLoneConnection(plan, isPlain),
    isPlain,
  });
  try {
    return await open(false).catch((error: unknown) => {
      if (isStartupRefused(error)) return open(true);
      throw error;
    });
  } catch (error) {
    throw translateError(error);
  }
}

async function readAnswer(
  stream: RowStream,
  statement: Statement,
  cancel: () => Promise<void>,
  finish: (how: 'commit' | 'rollback') => Promise<void>,
): Promise<Answer> {
  const first = await stream.take();
  async function* read(): AsyncGenerator<readonly TypedValue[], void, undefined> {
    let isWhole = false;
    try {
      for (let rows = first; rows !== undefined; rows = await stream.take()) yield* rows;
      isWhole = true;
    } catch (error) {
      throw explain(error, statement);
    } finally {
      stream.discard();
      if (!stream.isOver()) await cancel();
      await finish(isWhole ? 'commit' : 'rollback');
    }
  }
  return {
    columns: (stream.result()?.fields ?? []).map(({ name, dataTypeID }) => ({
      name,
      type: typeOfColumn(name, dataTypeID),
    })),
    rows: read(),
    tag: () => describeTag(stream.result()),
  };
}

function describeTag(result: QueryResult | undefined): string {
  const { command, rowCount } = result ?? {};
  return [command, rowCount].filter((part) => part !== null && part !== undefined).join(' ');
}

/** For a typed statement, only Postgres can say what is wrong, so its own message is used. */
function explain(error: unknown, { text, before }: Statement): unknown {
  const code = foreignCodeOf(error);
  if (!(error instanceof Error) || error instanceof KnownError) return error;
  if (isLostConnection(error) || code === undefined || !/^[0-9A-Z]{5}$/.test(code))
    return translateError(error);
  if (code === sqlstates.queryCanceled)
    return new KnownError('stopped', { found: 'The statement was cancelled', sqlState: code });
  if (code === sqlstates.readOnlySqlTransaction)
    return new KnownError('statement_refused', {
      found: 'The statement would change the database, but "sql" is read-only',
      wayOut: 'add --write to allow it',
      sqlState: code,
    });
  const { message, position, hint } = error as Error & { position?: string; hint?: string };
  const place =
    position === undefined
      ? before.trim() && ` that begins at ${describePlace(before, text, 1)}`
      : ` at ${describePlace(before, text, Number(position))}`;
  return new KnownError('statement_refused', {
    found: `Postgres rejects the statement${place}: ${message}`,
    wayOut: hint?.replace(/\.$/, '') ?? waysOut[code],
    sqlState: code,
  });
}

const waysOut: Readonly<Record<string, string>> = {
  [sqlstates.undefinedTable]: '"\\d" lists the tables and views',
  [sqlstates.undefinedColumn]: '"\\d" and the name of a table lists its columns',
};

/** Line and character of a position, from 1, in characters and not in bytes, as in Postgres. */
function describePlace(before: string, text: string, position: number): string {
  const until =
    before +
    Array.from(text)
      .slice(0, position - 1)
      .join('');
  const lines = until.split('\n');
  return `line ${lines.length}, character ${Array.from(lines.at(-1) ?? '').length + 1}`;
}
