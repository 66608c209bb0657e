import { setTimeout as sleep } from 'node:timers/promises';
import { patienceMs } from '../patience.ts';
import { withClient, type Query } from '../query.ts';

/** What Postgres and the system say while a server goes down, is away, or comes up. */
const away = ['57P01', '57P02', '57P03', 'ECONNREFUSED', 'ECONNRESET'];

/** Like `withClient`, but does all of `work` again while the server is away. */
export async function withLastingClient<T>(
  url: string,
  work: (query: Query) => Promise<T>,
): Promise<T> {
  const giveUpAtMs = performance.now() + patienceMs;
  for (;;) {
    try {
      return await withClient(url, work);
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      const isAway = away.includes(code ?? '') || message.startsWith('Connection terminated');
      if (!isAway || performance.now() > giveUpAtMs) throw error;
    }
    await sleep(50);
  }
}
