/**
 * A failover to a replica that lacks the last transactions: what a database was at one moment takes its place at a later
 * one, under the same address.
 */
import assert from 'node:assert/strict';
import { Client, escapeIdentifier } from 'pg';
import { startDatabaseProxy, type DatabaseProxy } from './database-proxy.ts';
import { waitUntil } from './pulled-account.ts';

/** A moment in what a program sends to its database. */
export type Moment = {
  /** A statement is such a one when it matches. */
  readonly statement: RegExp;
  /** Which of them it is, from 1 on. Counted from the moment before. */
  readonly place: number;
  /** Then the first that matches this, if there is one. */
  readonly next?: RegExp;
  /** Before the server gets it; or when it has answered, and the program does not hear that. */
  readonly when: 'before' | 'after';
};

/** What happens to the database. */
export type Failover = {
  /** After this the replica receives nothing any more. */
  readonly lagsFrom: Moment;
  /** Then the replica takes over. */
  readonly takesOver: Moment;
};

/** A database with a replica. */
export type ReplicatedDatabase = {
  /** Where the program finds whichever is the primary. */
  readonly url: string;
  /** Fails over once, from now on counted. Resolves to what was lost when that has happened. */
  failOver(failover: Failover): void;
  /** Whether the replica has taken over. */
  readonly hasFailedOver: () => boolean;
  close(): Promise<void>;
};

/** How a replica is left behind, and how it takes over. */
export type Deeds = {
  leaveBehind(): Promise<void>;
  failOver(): Promise<void>;
};

/** Puts a replica beside a database on the server of the test run; or does what is given instead at the two moments. */
export async function replicate(databaseUrl: string, given?: Deeds): Promise<ReplicatedDatabase> {
  let watches: readonly { readonly watch: Watch; readonly act: () => Promise<void> }[] = [];
  // Nothing that is sent meanwhile is the next moment.
  let acting = false;
  const proxy = await startDatabaseProxy(databaseUrl, async (sent) => {
    const [first, ...others] = watches;
    const when = acting ? undefined : first?.watch(sent);
    if (first === undefined || when === undefined) return undefined;
    acting = true;
    const act = async (): Promise<void> => {
      await first.act();
      watches = others;
      acting = false;
    };
    if (when === 'after') return act;
    await act();
    return undefined;
  });
  const deeds = given ?? copyDatabase(databaseUrl, proxy);
  let over = false;
  return {
    url: proxy.url,
    failOver({ lagsFrom, takesOver }) {
      over = false;
      watches = [
        { watch: createWatch(lagsFrom), act: () => deeds.leaveBehind() },
        {
          watch: createWatch(takesOver),
          async act() {
            await deeds.failOver();
            over = true;
          },
        },
      ];
    },
    hasFailedOver: () => over,
    close: () => proxy.close(),
  };
}

function copyDatabase(databaseUrl: string, proxy: DatabaseProxy): Deeds {
  const name = new URL(databaseUrl).pathname.slice(1);
  const [own, copy, old] = ['', '_replica', '_lost'].map((end) => escapeIdentifier(name + end));
  const change = (...statements: readonly string[]): Promise<void> =>
    proxy.closedDuring(() => withoutConnections(databaseUrl, name, statements));
  return {
    leaveBehind: () => change(`create database ${copy} template ${own} strategy file_copy`),
    failOver: () =>
      change(
        `alter database ${own} rename to ${old}`,
        `alter database ${copy} rename to ${own}`,
        `drop database ${old} with (force)`,
      ),
  };
}

/** Says whether a text that is sent is the moment, and when it is to be acted upon. */
type Watch = (sent: string) => Moment['when'] | undefined;

function createWatch({ statement, place, next, when }: Moment): Watch {
  let seen = 0;
  return (sent) => {
    if (seen >= place) return next?.test(sent) === true ? when : undefined;
    if (!statement.test(sent)) return undefined;
    seen += 1;
    return seen === place && next === undefined ? when : undefined;
  };
}

async function withoutConnections(
  databaseUrl: string,
  name: string,
  statements: readonly string[],
): Promise<void> {
  const url = new URL(databaseUrl);
  url.pathname = '/postgres';
  const client = new Client({ connectionString: url.href });
  await client.connect();
  try {
    await waitUntil(async () => {
      const { rowCount } = await client.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1',
        [name],
      );
      return rowCount === 0;
    });
    for (const statement of statements) await client.query(statement);
  } catch (error) {
    assert.fail(`The replica cannot be made: ${String(error)}`);
  } finally {
    await client.end();
  }
}
