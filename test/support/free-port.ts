import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { foreignCodeOf } from '../../src/errors.ts';

/** Below the ports that the system gives to who asks for any: another test cannot get one of these by chance. */
const [lowest, highest] = [10_240, 32_000];

/** A port of this machine that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest);
    const server = createServer();
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening');
    } catch (error) {
      if (foreignCodeOf(error) === 'EADDRINUSE') continue;
      throw error;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
