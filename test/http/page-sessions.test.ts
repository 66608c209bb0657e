import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openDatabase, type Queryable } from '../../src/database/client.ts';
import { openSessions } from '../../src/http/page/sessions.ts';
import { withDatabase } from '../support/database.ts';

const jane = { role: 'investigator', name: 'jane', token: 'token-of-jane-0123' } as const;

describe('a session of the page', () => {
  it('has ended with the logout, also for who asked about it a moment before', async () => {
    await withDatabase(async (url) => {
      const db = openDatabase({ url });
      const asked = Promise.withResolvers<void>();
      const gate = Promise.withResolvers<void>();
      // The answer to the first question comes late.
      let isLate = true;
      const late: Queryable = {
        async query<Row>(text: string, values?: readonly unknown[]) {
          const rows = await db.query<Row>(text, values);
          if (isLate && text.startsWith('select')) {
            isLate = false;
            asked.resolve();
            await gate.promise;
          }
          return rows;
        },
      };
      const sessions = openSessions([late], [jane]);
      try {
        const cookie = await sessions.begin(jane);
        const found = sessions.find(cookie);
        await asked.promise;
        await sessions.end(cookie);
        gate.resolve();
        assert.deepEqual(await found, jane);
        assert.equal(await sessions.find(cookie), undefined);
      } finally {
        await db.close();
      }
    });
  });
});
