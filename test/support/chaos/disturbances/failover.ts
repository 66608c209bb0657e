import { setTimeout as sleep } from 'node:timers/promises';
import { escapeIdentifier } from 'pg';
import type { Query } from '../../query.ts';
import type { Disturbance, World } from '../disturbance.ts';
import { withLastingClient } from '../lasting-client.ts';

/** An earlier state of the database replaces it at a later moment, under the same address. */
export const failover: Disturbance = {
  name: 'failover',
  deed: 'a replica takes over that lacks the last transactions',
  passes: false,
  async strike(world) {
    const name = new URL(world.databaseUrl).pathname.slice(1);
    const names = { copy: `${name}_copy`, lost: `${name}_lost` };
    const [own, copy, lost] = [name, names.copy, names.lost].map((each) => escapeIdentifier(each));
    await whileAway(world, async (query) => {
      await query(`drop database if exists ${copy}`);
      await query(`create database ${copy} template ${own} strategy file_copy`);
    });
    await sleep(world.random.below(600));
    await whileAway(world, async (query) => {
      if ((await exists(query, names.copy)) && (await exists(query, name)))
        await query(`alter database ${own} rename to ${lost}`);
      if (!(await exists(query, name))) await query(`alter database ${copy} rename to ${own}`);
      await query(`drop database if exists ${lost}`);
    });
  },
};

/** `change` may be repeated from its start at any place: Postgres may still be recovering from the disturbance before. */
async function whileAway(
  { proxy, databaseUrl }: World,
  change: (query: Query) => Promise<void>,
): Promise<void> {
  const url = new URL(databaseUrl);
  const name = url.pathname.slice(1);
  url.pathname = '/postgres';
  await proxy.closedDuring(() =>
    withLastingClient(url.href, async (query) => {
      for (;;) {
        const ended = await query(
          'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1',
          [name],
        );
        if (ended.length === 0) break;
        await sleep(10);
      }
      await change(query);
    }),
  );
}

async function exists(query: Query, name: string): Promise<boolean> {
  return (await query('select from pg_database where datname = $1', [name])).length === 1;
}
