import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { startProcess } from './program.ts';

/** The requests to the proxy, and its output. */
export type Passed = {
  readonly method: string;
  readonly target: string;
  readonly status: number;
};

/** A forward proxy in a process of its own. */
export type RunningProxy = {
  /** `127.0.0.1:1234`, to be put behind a login. */
  readonly address: string;
  readonly passed: () => readonly Passed[];
  readonly stop: () => Promise<void>;
};

const program = fileURLToPath(new URL('proxy-program.ts', import.meta.url));

/** Starts one that asks for a login, or refuses everything with a status. */
export async function startProxy(
  options: { readonly login?: string; readonly refuse?: number } = {},
): Promise<RunningProxy> {
  const child = startProcess([process.execPath, program, JSON.stringify(options)]);
  const [, port = ''] = await child.waitFor(/"port":(\d+)/);
  return {
    address: `127.0.0.1:${port}`,
    passed: () =>
      child
        .written()
        .split('\n')
        .filter((line) => line.includes('"method"'))
        .map((line) => JSON.parse(line) as Passed),
    async stop() {
      child.kill('SIGTERM');
      const { signal } = await child.ended;
      assert.equal(signal, 'SIGTERM');
    },
  };
}
