import type { Disturbance } from '../disturbance.ts';

/** As a firewall forgets connections. */
export const silentConnections: Disturbance = {
  name: 'silent-connections',
  deed: 'all connections to the database lose every byte from now on, without an end',
  passes: false,
  strike: async ({ proxy }) => proxy.silence(),
};
