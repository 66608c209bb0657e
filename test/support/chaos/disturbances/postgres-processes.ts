/** Processes of Postgres, as the out-of-memory killer chooses them. */
import type { Disturbance, World } from '../disturbance.ts';

/** One that serves a connection of the program. All others are ended with it, and Postgres recovers. */
export const backend: Disturbance = {
  name: 'backend',
  deed: 'a Postgres backend that serves the program is killed (SIGKILL); Postgres recovers',
  passes: true,
  strike: (world) =>
    killProcess(
      world,
      `select pid from pg_stat_activity
       where backend_type = 'client backend' and datname = current_database() and pid <> pg_backend_pid()
       order by state <> 'idle' desc, query_start desc limit 1`,
    ),
};

/** The one that writes what is committed to the files of the tables. */
export const checkpointer: Disturbance = {
  name: 'checkpointer',
  deed: 'the Postgres checkpointer is killed (SIGKILL); Postgres recovers',
  passes: true,
  strike: (world) =>
    killProcess(world, `select pid from pg_stat_activity where backend_type = 'checkpointer'`),
};

/** The first one: only the code that starts its server can start Postgres again. */
export const postmaster: Disturbance = {
  name: 'postmaster',
  deed: 'the postmaster is killed (SIGKILL) and Postgres is started again',
  passes: true,
  async strike({ server }) {
    process.kill(await server.postmaster(), 'SIGKILL');
    await server.startAgain();
  },
};

async function killProcess({ query }: World, statement: string): Promise<void> {
  const [found] = await query<{ pid: number }>(statement);
  if (found !== undefined) process.kill(found.pid, 'SIGKILL');
}
