/**
 * `npm run test:chaos -- --runs N [--seed S]`: what `test/ingest/chaos.test.ts` does, for as long as one likes. Kills N
 * pulling processes (default 500) at random moments and compares what is stored with the truth after each. Ends with
 * status 1 at the first difference, and says which seed brought it.
 */
import { parseArgs } from 'node:util';
import { runChaos } from '../test/support/chaos.ts';
import { globalSetup, globalTeardown } from '../test/support/global-setup.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '500' }, seed: { type: 'string' } },
});
const kills = Number(values.runs);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));

if (!Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed)) {
  console.error('Expected whole numbers: npm run test:chaos -- --runs 500 --seed 7');
  process.exitCode = 2;
} else {
  await globalSetup();
  try {
    console.log(`seed ${seed}, ${kills} kills`);
    const startedMs = Date.now();
    const { accounts, rows, requests } = await runChaos({ kills, seed, report: console.log });
    const seconds = Math.round((Date.now() - startedMs) / 1000);
    console.log(
      `\n${kills} processes killed over ${accounts} accounts in ${seconds} s: ${rows} rows by ${requests} requests, nothing lost, nothing doubled.`,
    );
  } catch (error) {
    console.error(error);
    console.error(`\nTo try it again: npm run test:chaos -- --runs ${kills} --seed ${seed}`);
    process.exitCode = 1;
  } finally {
    await globalTeardown();
  }
}
