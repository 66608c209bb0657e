/**
 * `npm run test:chaos -- [--runs N] [--seed S] [--only name]…`: what `test/ingest/chaos.test.ts` does, for any length of
 * time. Disturbs N pulling processes (default 500) at random moments and compares what is stored with the truth after each.
 * `--list` names the disturbances. Ends with status 1 at the first difference, and prints its seed.
 */
import { parseArgs } from 'node:util';
import { runChaos } from '../test/support/chaos/chaos.ts';
import type { Disturbance } from '../test/support/chaos/disturbance.ts';
import { disturbances } from '../test/support/chaos/disturbances.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '500' },
    seed: { type: 'string' },
    only: { type: 'string', multiple: true },
    list: { type: 'boolean', default: false },
  },
});
const strikes = Number(values.runs);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
const chosen = disturbances.filter(({ name }) => values.only?.includes(name) ?? true);
const unknown = values.only?.filter((name) => !chosen.some((one) => one.name === name)) ?? [];

if (values.list) {
  for (const { name, deed } of disturbances) console.log(`${name.padEnd(20)} ${deed}`);
} else if (unknown.length > 0 || !isSome(chosen)) {
  console.error(`There is no disturbance ${unknown.join(', ')}: npm run test:chaos -- --list`);
  process.exitCode = 2;
} else if (!Number.isInteger(strikes) || strikes < 1 || !Number.isInteger(seed)) {
  console.error('Expected whole numbers: npm run test:chaos -- --runs 500 --seed 7');
  process.exitCode = 2;
} else {
  await run(chosen);
}

function isSome(list: readonly Disturbance[]): list is readonly [Disturbance, ...Disturbance[]] {
  return list.length > 0;
}

async function run(those: readonly [Disturbance, ...Disturbance[]]): Promise<void> {
  try {
    console.log(`seed ${seed}, ${strikes} of ${those.map(({ name }) => name).join(', ')}`);
    const startedMs = performance.now();
    const result = await runChaos({ strikes, disturbances: those, seed, report: console.log });
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    console.log(
      `\n${strikes} processes disturbed over ${result.accounts} accounts in ${seconds} s: ${result.rows} rows by ${result.requests} requests, nothing lost, nothing doubled.`,
    );
  } catch (error) {
    console.error(error);
    const only = (values.only ?? []).map((name) => ` --only ${name}`).join('');
    console.error(
      `\nTo try it again: npm run test:chaos -- --runs ${strikes} --seed ${seed}${only}`,
    );
    process.exitCode = 1;
  }
}
