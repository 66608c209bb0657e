/** Settings that other programs know by further names. */
import { alsoSmall } from './settings.ts';
import type { Environment } from './texts.ts';

/** The environment in which each setting has its own name. */
export function withAliases(environment: Environment): Environment {
  const given = alsoSmall.flatMap((name) => {
    const text = environment[name.toLowerCase()] ?? '';
    return text === '' ? [] : [[name, text] as const];
  });
  const aws = awsNames.flatMap(([name, ...others]) => {
    const text = others.map((each) => environment[each] ?? '').find((each) => each !== '');
    return text === undefined ? [] : [[name, text] as const];
  });
  return { ...environment, ...Object.fromEntries([...aws, ...given]) };
}

/** A setting, and the names under which it is searched, the most specific first. */
const awsNames = [
  ['AWS_REGION', 'AWS_REGION', 'AWS_DEFAULT_REGION'],
  ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'],
] as const;
