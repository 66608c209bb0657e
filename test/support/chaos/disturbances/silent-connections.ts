import type { Disturbance } from '../disturbance.ts';

/** As if a firewall forgot connections. */
export const silentConnections: Disturbance = {
  name: 'silent-connections',
  deed: 'all database connections go silent: every byte is lost, and none is closed',
  passes: false,
  strike: async ({ proxy }) => proxy.silence(),
};
