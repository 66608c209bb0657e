/** The settings that are valid. */
import {
  parseConfig,
  type Config,
  type ConfigOptions,
  type LocalConfig,
} from '../config/config.ts';
import type { Environment } from '../config/texts.ts';
import { chooseSchemas } from '../database/schema-names.ts';
import { hasCode } from '../errors.ts';
import { ok, problem, type Check } from './check.ts';
import { countOf } from './figures.ts';

/** The readable settings. */
type KnownSettings = {
  /** Every problem of every setting, one sentence each. */
  readonly problems: readonly string[];
  /** Undefined if a setting that has nothing to do with Zendesk is wrong. */
  readonly local: LocalConfig | undefined;
  /** Undefined if any setting is wrong. */
  readonly all: Config | undefined;
};

/** Reads the settings: the others also if those of Zendesk are wrong, so that the database can be examined. */
export function readKnownSettings(environment: Environment, options: ConfigOptions): KnownSettings {
  try {
    const all = parseConfig(environment, { ...options, needs: { zendesk: true } });
    chooseSchemas(all.schemas);
    return { problems: [], local: all, all };
  } catch (error) {
    if (!hasCode(error, 'bad_input')) throw error;
    const local = readLocal(environment, options);
    if (local !== undefined) chooseSchemas(local.schemas);
    return { problems: error.problems, local, all: undefined };
  }
}

/** The check of the settings: all problems at once. */
export function checkSettings({ problems }: Pick<KnownSettings, 'problems'>): Check {
  const name = 'settings';
  if (problems.length === 0) return ok(name, 'all are understood');
  const found =
    problems.length === 1 ? problems : [`${countOf(problems.length, 'problem')}:`, ...problems];
  return problem(
    name,
    found.join('\n'),
    'Correct them. The table of settings is in docs/settings.md.',
  );
}

function readLocal(environment: Environment, options: ConfigOptions): LocalConfig | undefined {
  try {
    return parseConfig(environment, { ...options, needs: { zendesk: false } });
  } catch (error) {
    if (hasCode(error, 'bad_input')) return undefined;
    throw error;
  }
}
