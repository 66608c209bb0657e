/**
 * A failover to a replica that lacks the last transactions: an earlier state of the database replaces it at a later moment,
 * under the same address.
 */
import assert from 'node:assert/strict';
import { Client, escapeIdentifier } from 'pg';
import { startDatabaseProxy, type DatabaseProxy } from './database-proxy.ts';
import { waitUntil } from './pulled-account.ts';

/** A moment in the data that a program sends to its database. */
export type Moment = {
  /** Matches the statements that count. */
  readonly statement: RegExp;
  /** Its number among them, from 1, counted from the moment before. */
  readonly place: number;
  /** After that the first statement that matches this, if given. */
  readonly next?: RegExp;
  /** Before the server gets it; or after it has answered, without the program getting the answer. */
  readonly when: 'before' | 'after';
};

/** What happens to the database. */
export type Failover = {
  /** After this the replica receives nothing more. */
  readonly lagsFrom: Moment;
  /** Then the replica takes over. */
  readonly takesOver: Moment;
};

/** A database with a replica. */
export type ReplicatedDatabase = {
  /** The address at which the program finds the current primary. */
  readonly url: string;
  /** Fails over once, counted from now. Resolves to what was lost when it has happened. */
  failOver(failover: Failover): void;
  /** Whether the replica has taken over. */
  readonly hasFailedOver: () => boolean;
  close(): Promise<void>;
};

/** How a replica falls behind, and how it takes over. */
export type Deeds = {
  leaveBehind(): Promise<void>;
  failOver(): Promise<void>;
};

/** Adds a replica to a database on the server of the test run; or runs the given functions instead at the two moments. */
export async function replicate(databaseUrl: string, given?: Deeds): Promise<ReplicatedDatabase> {
  let watches: readonly { readonly watch: Watch; readonly act: () => Promise<void> }[] = [];
  // Data that is sent meanwhile does not count as the next moment.
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

/** Whether a sent text is the moment, and when to act on it. */
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
