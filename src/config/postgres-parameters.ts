/** What the environment says about connections to Postgres. */
import type { Environment } from './texts.ts';

/** What Postgres programs take from the environment if the url does not say it. */
const parametersByVariable: Readonly<Record<string, string>> = {
  PGSSLMODE: 'sslmode',
  PGSSLROOTCERT: 'sslrootcert',
  PGSSLCERT: 'sslcert',
  PGSSLKEY: 'sslkey',
  PGSSLCRL: 'sslcrl',
  PGTARGETSESSIONATTRS: 'target_session_attrs',
};

/** The parameters of a url of Postgres that the environment has. */
export function usualParameters(environment: Environment): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(parametersByVariable).flatMap(([name, parameter]) => {
      const text = environment[name] ?? '';
      return text === '' ? [] : [[parameter, text] as const];
    }),
  );
}
