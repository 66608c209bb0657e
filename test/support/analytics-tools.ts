/** The programs of other projects that try what is made for analysts, where `scripts/install-analytics-tools.sh` puts them. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A program or a package, or why the tests that need it are left out. */
type Tool = { readonly path: string; readonly skip: false } | { readonly skip: string };

const places = {
  dbt: 'dbt/bin/dbt',
  cube: 'cube/node_modules/@cubejs-backend/schema-compiler',
  superset: 'superset/bin/superset',
} as const;

/** Where one of them is. */
export function findAnalyticsTool(name: keyof typeof places): Tool {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const path = join(cache, 'zendesk-log-sync-tools', places[name]);
  return existsSync(path)
    ? { path, skip: false }
    : { skip: `${name} is not there: scripts/install-analytics-tools.sh installs it` };
}
