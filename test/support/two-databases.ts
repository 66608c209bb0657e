/** Two accounts of the simulator, each in a database of its own. */
import type { SimulatorSettings } from '../../src/simulator/simulator.ts';
import { openAccounts, type Accounts, type ListedAccount } from './accounts.ts';

/** The same seed: ids are equal in both accounts, and so are the numbers of runs and fetches. */
const size: SimulatorSettings = {
  anchor: new Date(),
  agents: 4,
  accessLogDays: 2,
  accessLogRowsPerDay: 60,
  auditLogDays: 5,
  auditLogRowsPerDay: 10,
};

/** An account that is stored in the database of this name. */
function listed(subdomain: string, database: string, other: SimulatorSettings): ListedAccount {
  return {
    simulator: {
      ...size,
      ...other,
      subdomain,
      credentials: { readyToken: `qz4-${subdomain}-token` },
    },
    entry: { oauth_token_env: `${subdomain.toUpperCase()}_TOKEN`, database },
  };
}

/** The tokens of both accounts. */
export const tokens = { ACME_TOKEN: 'qz4-acme-token', GLOBEX_TOKEN: 'qz4-globex-token' };

/** Starts `acme`, stored in `east`, and `globex`, stored in `west`. Nothing is pulled. `other`: what is different in both. */
export function openTwoDatabases(other: SimulatorSettings = {}): Promise<Accounts> {
  return openAccounts(
    [listed('acme', 'east', other), listed('globex', 'west', other)],
    ['east', 'west'],
  );
}
