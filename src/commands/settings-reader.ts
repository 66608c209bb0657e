/** What a command can ask of the settings. */
import type { Config, LocalConfig } from '../config/config.ts';
import type { LocalPlace } from '../config/every-account.ts';
import type { Wanted } from './wanted.ts';

/** The settings of a process. */
export type SettingsReader = {
  /** The settings of every account, at least one. @throws {KnownError} `bad_input` with every problem at once */
  readonly readConfigs: () => readonly [Config, ...Config[]];
  /**
   * The settings of the only account, or of the one with the given key. @throws {KnownError} `bad_input` if there is none,
   * or several
   */
  readonly readConfig: (account?: string) => Config;
  /** The settings that need no Zendesk account. @throws {KnownError} `bad_input` with every problem at once */
  readonly readLocalConfig: () => LocalConfig;
  /**
   * The settings for each selected database, without those of Zendesk: for all if none is named. @throws
   * {KnownError} `bad_input` for a name that the settings do not have
   */
  readonly readPlaces: (wanted: Wanted) => readonly [LocalPlace, ...LocalPlace[]];
};
