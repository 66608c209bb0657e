import type { Disturbance } from '../disturbance.ts';

/** The process itself, as a crash or the memory killer ends it. */
export const kill: Disturbance = {
  name: 'kill',
  deed: 'the process is killed (SIGKILL)',
  passes: false,
  strike: async ({ child }) => child.kill('SIGKILL'),
};
