import { setTimeout as sleep } from 'node:timers/promises';
import { escapeIdentifier } from 'pg';
import type { Disturbance, World } from '../disturbance.ts';
import { withLastingClient } from '../lasting-client.ts';

/** An earlier state of the database replaces it at a later moment, under the same address. */
export const failover: Disturbance = {
  name: 'failover',
  deed: 'a replica takes over that lacks the last transactions',
  passes: false,
  async strike(world) {
    const { random, databaseUrl } = world;
    const name = new URL(databaseUrl).pathname.slice(1);
    const [own, copy, lost] = ['', '_copy', '_lost'].map((end) => escapeIdentifier(name + end));
    await whileAway(world, [`create database ${copy} template ${own} strategy file_copy`]);
    await sleep(random.below(600));
    await whileAway(world, [
      `alter database ${own} rename to ${lost}`,
      `alter database ${copy} rename to ${own}`,
      `drop database ${lost}`,
    ]);
  },
};

async function whileAway(
  { proxy, databaseUrl }: World,
  statements: readonly string[],
): Promise<void> {
  const url = new URL(databaseUrl);
  const name = url.pathname.slice(1);
  url.pathname = '/postgres';
  await proxy.closedDuring(() =>
    // Postgres may still be recovering from the disturbance before.
    withLastingClient(url.href, async (query) => {
      for (;;) {
        const ended = await query(
          'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1',
          [name],
        );
        if (ended.length === 0) break;
        await sleep(10);
      }
      for (const statement of statements) await query(statement);
    }),
  );
}
