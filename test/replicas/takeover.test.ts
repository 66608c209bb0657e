import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { findBusy, findSuccessor, stopBetween, stopWithinCopy } from './replacement.ts';
import { oneMinuteAccount, stopAll, withReplicas } from './replicated-account.ts';
import { returnToMachineClock } from '../support/run-clock.ts';

// Postgres uses it to show how long a statement has been running.
returnToMachineClock();

describe('of several replicas on one database,', { concurrency: true }, () => {
  it('the others continue when two of five are killed while they pull, within the budget of one', async () => {
    // More requests than the budget of one minute.
    await withReplicas({ ...oneMinuteAccount, accessLogRowsPerDay: 1400 }, async (account) => {
      let living = ['a', 'b', 'c', 'd', 'e'].map((name) => account.start(name));
      for (let kills = 0; kills < 2; kills += 1) {
        const holder = await findBusy(account, living);
        holder.kill('SIGKILL');
        await findSuccessor(account, living, holder);
        living = living.filter((replica) => replica !== holder);
      }
      await account.whenComplete();
      await account.assertTrue();
      const requests = account.simulator
        .requests()
        .filter(({ path }) => path.endsWith('access_logs'));
      assert.ok(requests.length > 50, `${requests.length} requests`);
      await stopAll(living);
    });
  });

  it('the next one takes over without waiting for the lease to expire when the one that pulls gets a signal', async () => {
    await withReplicas(oneMinuteAccount, async (account) => {
      const replicas = ['a', 'b', 'c'].map((name) => account.start(name));
      const holder = await findBusy(account, replicas);
      await Promise.all(replicas.map((replica) => replica.waitFor(/"started"/)));
      holder.kill('SIGTERM');
      await holder.ended;
      // The others need not wait until it would have expired.
      assert.notEqual(await account.findHolder(replicas), holder, 'the lease is given back');
      await findSuccessor(account, replicas, holder);
      await account.whenComplete();
      await account.assertTrue();
      await stopAll(replicas);
    });
  });

  for (const place of ['between transactions', 'in the middle of COPY'] as const)
    it(`one that is frozen ${place} is replaced, and stores nothing of its page when it continues`, async () => {
      await withReplicas(oneMinuteAccount, async (account) => {
        const replicas = ['a', 'b'].map((name) => account.start(name));
        const isCopying = place === 'in the middle of COPY';
        const holder = await findBusy(account, replicas, isCopying ? 10_000 : undefined);
        await (isCopying ? stopWithinCopy : stopBetween)(account, holder);
        const successor = await findSuccessor(account, replicas, holder);
        // What it had sent to the end was stored without it, before another could take over.
        const before = await account.countPages(holder);
        holder.kill('SIGCONT');
        await holder.waitFor(
          /Another process has taken over access_logs of acme; this process stored nothing of the current page\./,
        );
        await account.whenComplete();
        await account.assertTrue();
        assert.equal(await account.countPages(holder), before);
        assert.equal(await account.findHolder([holder]), undefined);
        assert.ok((await account.countPages(successor)) > 1);
        await stopAll(replicas);
      });
    });

  it('one that is cut off from the database is replaced, and comes back as a spare', async () => {
    await withReplicas(oneMinuteAccount, async (account) => {
      const { databaseUrl } = account;
      const proxy = await startDatabaseProxy(databaseUrl);
      try {
        const holder = account.start('a', proxy.url);
        await findBusy(account, [holder]);
        const spare = account.start('b');
        await spare.waitFor(/"started"/);
        // Nobody listens there.
        proxy.redirect('postgres://127.0.0.1:1/');
        proxy.cut();
        const successor = await findSuccessor(account, [spare], holder);
        proxy.redirect(databaseUrl);
        await account.whenComplete();
        await account.assertTrue();
        successor.kill('SIGKILL');
        await stopAll([holder]);
      } finally {
        await proxy.close();
      }
    });
  });
});
