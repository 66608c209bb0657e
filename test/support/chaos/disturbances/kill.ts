import type { Disturbance } from '../disturbance.ts';

/** The process itself, as after a crash or the out-of-memory killer. */
export const kill: Disturbance = {
  name: 'kill',
  deed: 'the process is killed (SIGKILL)',
  passes: false,
  strike: async ({ child }) => child.kill('SIGKILL'),
};
