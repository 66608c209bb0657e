import { setTimeout as sleep } from 'node:timers/promises';
import { patienceMs } from '../patience.ts';
import { withClient, type Query } from '../query.ts';

/** The errors of Postgres and the system while a server stops, is unavailable, or starts. */
const away = ['57P01', '57P02', '57P03', 'ECONNREFUSED', 'ECONNRESET'];

/** Like `withClient`, but repeats the whole `work` while the server is unavailable. */
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
